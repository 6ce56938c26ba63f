import { constants, createDeflateRaw, deflateRawSync } from 'node:zlib';

import { encodeFrame, Opcode } from 'ieum/core';
import { describe, expect, test } from 'vitest';

import { CompressedReplyReader } from './compressed-reply-reader.js';
import { compress } from './compression.js';
import { createJsonPayload } from './json-payload.js';
import { KnownReplies } from './known-replies.js';
import { LoadFailure } from './load-failure.js';
import { type MessageShape, Reel } from './reel.js';

const shape: MessageShape = { payloadBytes: 700, payloadType: 'text', compressed: true };
const expected = Reel.toReceive(shape);
const payload = (index: number): Buffer => createJsonPayload(shape.payloadBytes, index % expected.frameCount);
const compressed = (bytes: Uint8Array, opcode: Opcode = Opcode.Text): Buffer =>
  encodeFrame({ opcode, payload: bytes, rsv: 4 });
const reply = (index: number): Buffer => compressed(compress(payload(index)));
const text = (bytes: Uint8Array): Buffer => encodeFrame({ opcode: Opcode.Text, payload: bytes });

/** A reader, and what it was told. */
function start(options: { serverKeepsContext?: boolean; known?: KnownReplies } = {}) {
  const { serverKeepsContext = false, known = new KnownReplies() } = options;
  const readBuffer = Buffer.alloc(256 * 1024);
  const sent: Uint8Array[] = [];
  let plainReplies = 0;
  const reader = new CompressedReplyReader({
    expected,
    readBuffer,
    serverKeepsContext,
    known,
    send: (frame) => sent.push(frame),
    handlePlainReply: () => void plainReplies++,
  });
  const receive = (bytes: Uint8Array): number => {
    readBuffer.set(bytes);
    return reader.receive(0, bytes.length);
  };
  return { reader, receive, sent, plainReplies: () => plainReplies };
}

/** The replies of a server whose compression goes on from message to message. */
async function repliesInContext(count: number): Promise<Buffer> {
  const deflate = createDeflateRaw();
  const frames: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const pieces: Buffer[] = [];
    deflate.on('data', (piece: Buffer) => pieces.push(piece));
    deflate.write(payload(i));
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    deflate.removeAllListeners('data');
    frames.push(compressed(Buffer.concat(pieces).subarray(0, -4)));
  }
  return Buffer.concat(frames);
}

describe('compressed replies are counted', () => {
  const replies = Buffer.concat(Array.from({ length: 150 }, (_, index) => reply(index)));

  test.each([1, 3, 7, 100, 1_000, 60_000])('in chunks of %d bytes', (size) => {
    const { receive, plainReplies } = start();
    let counted = 0;
    for (let at = 0; at < replies.length; at += size) counted += receive(replies.subarray(at, at + size));
    expect(counted).toBe(150);
    expect(plainReplies()).toBe(0);
  });

  test.each([5, 333, 20_000])('where each refers to those before it, in chunks of %d bytes', async (size) => {
    const { receive } = start({ serverKeepsContext: true });
    const bytes = await repliesInContext(200);
    let counted = 0;
    for (let at = 0; at < bytes.length; at += size) counted += receive(bytes.subarray(at, at + size));
    expect(counted).toBe(200);
  });

  test('however they were compressed', () => {
    const { receive } = start();
    const stored = deflateRawSync(payload(2), { level: 0 });
    expect(receive(Buffer.concat([reply(0), reply(1), compressed(stored), reply(3)]))).toBe(4);
  });

  test('in fragments, with a Ping between, and where one is not compressed', () => {
    const { receive, sent, plainReplies } = start();
    const bytes = compress(payload(0));
    const fragments = [
      encodeFrame({ opcode: Opcode.Text, payload: bytes.subarray(0, 9), rsv: 4, fin: false }),
      encodeFrame({ opcode: Opcode.Ping, payload: Buffer.from('there?') }),
      encodeFrame({ opcode: Opcode.Continuation, payload: bytes.subarray(9) }),
    ];
    expect(receive(Buffer.concat([...fragments, text(payload(1)), reply(2)]))).toBe(3);
    expect(sent).toHaveLength(1);
    expect(plainReplies()).toBe(1);
  });

  test('after messages of other kinds', () => {
    const { receive } = start();
    const greeting = Buffer.from('welcome');
    expect(receive(Buffer.concat([text(greeting), compressed(compress(greeting)), reply(0)]))).toBe(1);
  });
});

describe('a load failure is', () => {
  const other = Buffer.from(payload(1));
  other[600] = (other[600] as number) ^ 1;
  const broken = Buffer.from(reply(1));
  broken[8] = (broken[8] as number) ^ 0xff;

  test.each([
    ['a reply that inflates to something else', compressed(compress(other))],
    ['a reply that does not inflate', broken],
    ['a reply of the other type', compressed(compress(payload(1)), Opcode.Binary)],
    ['the next but one', reply(2)],
    ['a reply that is too short', compressed(compress(payload(1).subarray(1)))],
    ['a bomb', compressed(deflateRawSync(Buffer.alloc(50_000_000)))],
    ['an uncompressed reply that is wrong', text(other)],
    ['a compressed Ping', compressed(Buffer.alloc(0), Opcode.Ping)],
    ['a Close frame', encodeFrame({ opcode: Opcode.Close, payload: Buffer.from([3, 0xe8]) })],
  ])('%s', (_, bytes) => {
    const known = new KnownReplies();
    start({ known }).receive(Buffer.concat([reply(0), reply(1), reply(2)]));
    const { receive } = start({ known });
    expect(receive(reply(0))).toBe(1);
    expect(() => receive(bytes)).toThrow(LoadFailure);
  });

  test('a reply that repeats known bytes where compression goes on', async () => {
    const { receive } = start({ serverKeepsContext: true });
    const bytes = await repliesInContext(3);
    expect(receive(bytes)).toBe(3);
    expect(() => receive(bytes)).toThrow(LoadFailure);
  });
});

test('the first reply of a connection is inflated, whatever others found right', () => {
  const known = new KnownReplies();
  const wrong = compress(payload(5));
  known.learn(0, wrong);
  known.learn(1, wrong);
  const { receive } = start({ known });
  expect(() => receive(compressed(wrong))).toThrow(LoadFailure);
});

test('bytes that were found right are not inflated again', () => {
  const known = new KnownReplies();
  const wrong = compress(payload(5));
  known.learn(1, wrong);
  expect(start({ known }).receive(Buffer.concat([reply(0), compressed(wrong)]))).toBe(2);
});
