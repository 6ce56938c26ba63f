import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { atBoundary, coalesced, oneByte } from '../testing/chunker.js';
import { DecodeStep, FrameDecoder } from './frame-decoder.js';
import { encodeFrame } from './frame-encoder.js';
import type { FrameContext } from './frame-header.js';

const context: FrameContext = { role: 'server', insideMessage: false, extensionRsv: 7 };

describe('frames cut anywhere', () => {
  const lengths = [0, 1, 125, 126, 300, 65536];
  const frames = lengths.map((length, index) => ({
    opcode: index % 2 === 0 ? 2 : 9,
    payload: Buffer.alloc(length, `${index}payload`),
  }));
  const sequence = frames.filter(({ opcode, payload }) => opcode === 2 || payload.length < 126);
  const bytes = Buffer.concat(
    sequence.map(({ opcode, payload }, index) => encodeFrame({ opcode, payload, key: 0x9a0b0c0d + index })),
  );
  const expected = sequence.map(({ opcode, payload }) => `${opcode} ${payload.toString('hex')}`);

  test('decode the same at every single boundary', () => {
    const short = bytes.subarray(0, 600);
    const whole = decodeAll(coalesced(short));
    for (let cut = 1; cut < short.length; cut++) expect(decodeAll(atBoundary(cut)(short))).toEqual(whole);
  });

  test('decode the same at once and byte by byte', () => {
    expect(decodeAll(coalesced(bytes))).toEqual(expected);
    expect(decodeAll(oneByte(bytes))).toEqual(expected);
  });

  test('decode the same when all chunks wait before the first step', () => {
    const decoder = new FrameDecoder();
    for (const chunk of oneByte(bytes.subarray(0, 700))) decoder.receive(chunk);
    expect(pull(decoder)).toEqual(decodeAll(coalesced(bytes.subarray(0, 700))));
  });
});

describe('a decoder', () => {
  test('keeps chunks in order when some wait and more arrive', () => {
    const decoder = new FrameDecoder();
    const frame = (text: string) => encodeFrame({ opcode: 2, payload: Buffer.from(text), key: 1 });
    for (const text of ['one', 'two', 'three']) decoder.receive(frame(text));
    expect(decoder.step(context)).toBe(DecodeStep.Payload);
    decoder.receive(frame('four'));
    const rest = pull(decoder);
    expect(rest).toEqual(['two', 'three', 'four'].map((text) => `2 ${Buffer.from(text).toString('hex')}`));
  });

  test('asks for more bytes again and again', () => {
    const decoder = new FrameDecoder();
    decoder.receive(Buffer.alloc(0));
    expect(decoder.step(context)).toBe(DecodeStep.Incomplete);
    decoder.receive(encodeFrame({ opcode: 2, payload: Buffer.from('x'), key: 1 }));
    expect(decoder.step(context)).toBe(DecodeStep.Payload);
    expect(decoder.step(context)).toBe(DecodeStep.Incomplete);
    expect(decoder.step(context)).toBe(DecodeStep.Incomplete);
  });

  test('gives the header before any payload, and pieces as they come', () => {
    const decoder = new FrameDecoder();
    const bytes = encodeFrame({ opcode: 2, payload: Buffer.from('abcdef'), key: 0x11223344 });
    decoder.receive(Buffer.from(bytes.subarray(0, 6)));
    expect([decoder.step(context), decoder.payload.length, decoder.beginsFrame]).toEqual([1, 0, true]);
    expect([decoder.isFrameComplete(), decoder.payloadLength]).toEqual([false, 6]);
    expect(decoder.step(context)).toBe(DecodeStep.Incomplete);
    decoder.receive(Buffer.from(bytes.subarray(6, 9)));
    expect([decoder.step(context), decoder.payload.toString(), decoder.beginsFrame]).toEqual([
      1,
      'abc',
      false,
    ]);
    decoder.receive(Buffer.from(bytes.subarray(9)));
    expect([decoder.step(context), decoder.payload.toString()]).toEqual([1, 'def']);
    expect(decoder.isFrameComplete()).toBe(true);
  });

  test.each([4, 64, 65, 3000])('gives a payload of %d bytes that lies in one chunk as a copy', (length) => {
    const decoder = new FrameDecoder();
    const payload = Buffer.alloc(length, 'copy');
    const chunk = encodeFrame({ opcode: 2, payload, key: 0x01020304 });
    decoder.receive(chunk);
    decoder.step(context);
    chunk.fill(0);
    expect(decoder.payload).toEqual(payload);
  });

  test('takes as much of a chunk as has arrived', () => {
    const decoder = new FrameDecoder();
    const frame = encodeFrame({ opcode: 2, payload: Buffer.from('abc'), key: 5 });
    decoder.receive(Buffer.concat([frame, frame]), frame.length);
    expect([decoder.step(context), decoder.payload.toString()]).toEqual([DecodeStep.Payload, 'abc']);
    expect(decoder.step(context)).toBe(DecodeStep.Incomplete);
  });

  test.each([0, 1, 2, 6, 8, 9, 20])('keeps what was lent when told to, cut after %d bytes', (cut) => {
    const decoder = new FrameDecoder();
    const frames = ['first', 'second', 'third'].map((text) => {
      return encodeFrame({ opcode: 2, payload: Buffer.from(text), key: 0x0a0b0c0d });
    });
    const stream = Buffer.concat(frames);
    const lent = Buffer.alloc(stream.length);
    const payloads: string[] = [];
    let piece = '';
    for (const part of [stream.subarray(0, cut), stream.subarray(cut)]) {
      lent.set(part);
      decoder.receive(lent, part.length);
      // One step only: the rest has to be kept.
      if (decoder.step(context) === DecodeStep.Payload) {
        piece += decoder.payload.toString();
        if (decoder.isFrameComplete()) payloads.push(piece);
        if (decoder.isFrameComplete()) piece = '';
      }
      decoder.keep();
      lent.fill(0xff);
    }
    while (decoder.step(context) === DecodeStep.Payload) {
      piece += decoder.payload.toString();
      if (!decoder.isFrameComplete()) continue;
      payloads.push(piece);
      piece = '';
    }
    expect(payloads).toEqual(['first', 'second', 'third']);
  });

  test('keeps no chunk alive once it asks for more', () => {
    const decoder = new FrameDecoder();
    decoder.receive(encodeFrame({ opcode: 2, payload: Buffer.alloc(100), key: 5 }));
    pull(decoder);
    expect(decoder.payload.length).toBe(0);
  });

  test('takes any Uint8Array', () => {
    const decoder = new FrameDecoder();
    const frame = encodeFrame({ opcode: 2, payload: Buffer.from('abc'), key: 5 });
    const room = new Uint8Array(frame.length + 6);
    room.set(frame, 3);
    decoder.receive(room.subarray(3, 3 + frame.length));
    expect(pull(decoder)).toEqual(['2 616263']);
  });

  test('judges a header before its payload arrives, and stops there', () => {
    const decoder = new FrameDecoder();
    decoder.receive(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    expect(decoder.step(context)).toBe(DecodeStep.Violation);
    decoder.receive(encodeFrame({ opcode: 2, payload: Buffer.alloc(0), key: 5 }));
    expect(decoder.step(context)).toBe(DecodeStep.Violation);
    expect(decoder.violation?.code).toBe('ERR_WS_RESERVED_OPCODE');
  });

  test('forgets what was not decoded when told to', () => {
    const decoder = new FrameDecoder();
    decoder.receive(Buffer.from([0x82]));
    expect(decoder.step(context)).toBe(DecodeStep.Incomplete);
    decoder.receive(Buffer.from([0x80]));
    decoder.discard();
    decoder.receive(encodeFrame({ opcode: 2, payload: Buffer.from('new'), key: 5 }));
    expect(pull(decoder)).toEqual(['2 6e6577']);
  });
});

describe('a 64-bit length', () => {
  test.each([
    ['0000000000010000', 65536, null],
    ['00000000ffffffff', 2 ** 32 - 1, null],
    ['001fffffffffffff', Number.MAX_SAFE_INTEGER, null],
    ['4000000000000000', 2 ** 62, null],
    ['7fffffffffffffff', 2 ** 63 - 2 ** 32, null],
    ['8000000000000000', 2 ** 63, 'ERR_WS_LENGTH_OUT_OF_RANGE'],
    ['ffffffffffffffff', 2 ** 64 - 2 ** 32, 'ERR_WS_LENGTH_OUT_OF_RANGE'],
  ])('of %s is read as %d', (hex, payloadLength, code) => {
    const decoder = new FrameDecoder();
    decoder.receive(Buffer.from(`82ff${hex}00000000`, 'hex'));
    decoder.step(context);
    expect(decoder.payloadLength).toBe(payloadLength);
    expect(decoder.violation?.code ?? null).toBe(code);
  });
});

function decodeAll(chunks: readonly Uint8Array[]): string[] {
  const decoder = new FrameDecoder();
  const frames: string[] = [];
  for (const chunk of chunks) {
    decoder.receive(chunk);
    pull(decoder, frames);
  }
  return frames;
}

/** Adds whole frames as `opcode payload`; an unfinished one ends with an ellipsis. */
function pull(decoder: FrameDecoder, frames: string[] = []): string[] {
  while (decoder.step(context) === DecodeStep.Payload) {
    const before = decoder.beginsFrame ? `${decoder.opcode} ` : (frames.pop() ?? '').slice(0, -1);
    const mark = decoder.isFrameComplete() ? '' : '…';
    frames.push(before + decoder.payload.toString('hex') + mark);
  }
  return frames;
}
