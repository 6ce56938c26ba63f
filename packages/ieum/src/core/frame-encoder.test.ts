import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { encodeFrame, frameHeaderLength, writeFrameHeader } from './frame-encoder.js';
import { FrameWriter } from './frame-writer.js';
import { Opcode } from './opcode.js';
import { OutputBuffer } from './output-buffer.js';

describe('the examples of RFC 6455 §5.7', () => {
  const hello = Buffer.from('Hello');
  test.each([
    ['unmasked text', { opcode: Opcode.Text, payload: hello }, '810548656c6c6f'],
    ['masked text', { opcode: Opcode.Text, payload: hello, key: 0x37fa213d }, '818537fa213d7f9f4d5158'],
    ['a first fragment', { opcode: Opcode.Text, payload: hello.subarray(0, 3), fin: false }, '010348656c'],
    ['a last fragment', { opcode: Opcode.Continuation, payload: hello.subarray(3) }, '80026c6f'],
    ['a Ping', { opcode: Opcode.Ping, payload: hello }, '890548656c6c6f'],
    ['a masked Pong', { opcode: Opcode.Pong, payload: hello, key: 0x37fa213d }, '8a8537fa213d7f9f4d5158'],
    [
      'a masked frame whose key is negative',
      { opcode: Opcode.Binary, payload: Buffer.alloc(4), key: -2 },
      '8284fffffffefffffffe',
    ],
    ['a frame with RSV1', { opcode: Opcode.Binary, payload: hello.subarray(0, 0), rsv: 4 }, 'c200'],
  ])('%s', (_title, frame, hex) => {
    expect(encodeFrame(frame).toString('hex')).toBe(hex);
  });
});

describe('the length is written in the fewest bytes', () => {
  test.each([
    [0, '8200'],
    [125, '827d'],
    [126, '827e007e'],
    [256, '827e0100'],
    [65535, '827effff'],
    [65536, '827f0000000000010000'],
    [2 ** 32 + 5, '827f0000000100000005'],
    [Number.MAX_SAFE_INTEGER, '827f001fffffffffffff'],
  ])('%d bytes', (payloadLength, hex) => {
    const header = Buffer.alloc(frameHeaderLength(payloadLength, false));
    expect(writeFrameHeader(header, 0, 0x82, payloadLength, undefined)).toBe(header.length);
    expect(header.toString('hex')).toBe(hex);
  });

  test('a masked header ends with the key', () => {
    const header = Buffer.alloc(frameHeaderLength(300, true) + 3);
    expect(writeFrameHeader(header, 3, 0x82, 300, 0xfedcba98)).toBe(header.length);
    expect(header.toString('hex')).toBe('00000082fe012cfedcba98');
  });
});

describe('a frame writer', () => {
  const lengths = [0, 1, 48, 49, 125, 126, 8191, 8192, 65535, 65536, 100_000];
  const keys = [undefined, 0x01020304];

  test.each(keys)('writes bytes as the encoder does, with key %s', (key) => {
    for (const length of lengths) {
      const payload = Buffer.alloc(length, 'payload ');
      const expected = encodeFrame({ opcode: Opcode.Binary, payload, ...(key !== undefined && { key }) });
      const written = write(key, (writer, output) => writer.writeBytes(output, 0x82, payload));
      expect(written.equals(expected)).toBe(true);
    }
  });

  test.each(keys)('writes texts as the encoder does, with key %s', (key) => {
    const samples = ['x', 'é', '이음', '😀', 'a\ud800b', '\udc00', '\u0000'];
    const texts = ['', ...samples.flatMap((text) => lengths.map((length) => text.repeat(length)))];
    for (const text of [...texts, `${'a'.repeat(47)}é`, `${'a'.repeat(200)}é`]) {
      const payload = new TextEncoder().encode(text);
      const expected = encodeFrame({ opcode: Opcode.Text, payload, ...(key !== undefined && { key }) });
      const written = write(key, (writer, output) => writer.writeText(output, 0x81, text));
      if (!written.equals(expected)) expect.unreachable(`${text.slice(0, 3)}… of ${text.length}`);
    }
  });

  test('leaves the payload of the caller as it was', () => {
    const payload = Buffer.from('unchanged');
    write(0xffffffff, (writer, output) => writer.writeBytes(output, 0x82, payload));
    expect(payload.toString()).toBe('unchanged');
  });

  test('asks for a new key for every frame', () => {
    const output = new OutputBuffer();
    let key = 0;
    const writer = new FrameWriter(() => ++key);
    writer.writeBytes(output, 0x82, Buffer.from('a'));
    writer.writeText(output, 0x81, '');
    expect(Buffer.concat(output.take()).toString('hex')).toBe('82810000000161818000000002');
  });

  test.each([-1, 2 ** 40 + 7, 1.5, Number.NaN])('writes a whole frame even with the bad key %d', (key) => {
    const written = write(key, (writer, output) => writer.writeBytes(output, 0x82, Buffer.from('abc')));
    expect(written.equals(encodeFrame({ opcode: 2, payload: Buffer.from('abc'), key: key >>> 0 }))).toBe(
      true,
    );
  });
});

function write(
  key: number | undefined,
  writing: (writer: FrameWriter, output: OutputBuffer) => void,
): Buffer {
  const output = new OutputBuffer();
  writing(new FrameWriter(key === undefined ? undefined : () => key), output);
  return Buffer.concat(output.take());
}
