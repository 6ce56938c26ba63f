import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Connection } from './connection.js';
import { ConnectionSettings } from './connection-options.js';
import { encodeFrame, type FrameToEncode } from './frame-encoder.js';
import { MessageReader } from './message-reader.js';
import { Opcode } from './opcode.js';

const rules = new ConnectionSettings({ role: 'server' }).readingRules(null);
const text = { opcode: Opcode.Text, payload: Buffer.from('text'), key: 0x01020304 };
const ping = { opcode: Opcode.Ping, payload: Buffer.from('ping'), key: 0x01020304 };

test.each<[string, readonly FrameToEncode[], number, boolean]>([
  ['a whole message', [text], 0, true],
  ['a whole control frame', [ping], 0, true],
  ['half a header', [text], 9, false],
  ['half a payload', [text], 1, false],
  ['half a control frame', [ping], 1, false],
  ['a fragment', [{ ...text, fin: false }], 0, false],
  ['a fragment and a control frame', [{ ...text, fin: false }, ping], 0, false],
  [
    'all fragments',
    [
      { ...text, fin: false },
      { ...text, opcode: Opcode.Continuation },
    ],
    0,
    true,
  ],
  ['a frame that breaks a rule', [{ ...text, rsv: 1 }], 0, false],
])('after %s, it knows whether it is at rest', (_what, frames, missing, isAtRest) => {
  const reader = new MessageReader();
  const bytes = Buffer.concat(frames.map((frame) => encodeFrame(frame)));
  reader.receive(bytes, bytes.length - missing);
  expect(reader.isAtRest).toBe(false);
  for (let read = reader.next(rules); read !== null && !('closeCode' in read); read = reader.next(rules));
  expect(reader.isAtRest).toBe(isAtRest);
});

/** What one connection's peer sends, and how it is cut. */
const streams = fc.array(
  fc.record({
    messages: fc.array(
      fc.record({ bytes: fc.uint8Array({ maxLength: 700 }), fragments: fc.integer({ min: 1, max: 3 }) }),
    ),
    chunkBytes: fc.integer({ min: 1, max: 400 }),
  }),
  { minLength: 2, maxLength: 5 },
);

test('connections whose input comes in turn do not mix what is half there', () => {
  fc.assert(
    fc.property(streams, (described) => {
      const peers = described.map(({ messages, chunkBytes }) => ({
        connection: new Connection({ role: 'server' }, 0),
        chunks: cut(Buffer.concat(messages.flatMap(framesOf)), chunkBytes),
        expected: messages.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
        received: [] as string[],
      }));
      while (peers.some(({ chunks }) => chunks.length > 0)) {
        for (const { connection, chunks, received } of peers) {
          const chunk = chunks.shift();
          if (chunk === undefined) continue;
          connection.receive(chunk, 0);
          for (let event = connection.nextEvent(); event !== null; event = connection.nextEvent()) {
            received.push(event.type === 'binary' ? Buffer.from(event.data).toString('hex') : event.type);
          }
          chunk.fill(0xee);
        }
      }
      for (const { received, expected } of peers) expect(received).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('a connection that is read while another one is being read has a reader of its own', () => {
  const [outer, inner] = [new Connection({ role: 'server' }, 0), new Connection({ role: 'server' }, 0)];
  outer.receive(Buffer.concat([encodeFrame(text), encodeFrame(ping)]), 0);
  expect(outer.nextEvent()).toMatchObject({ type: 'text', data: 'text' });
  inner.receive(encodeFrame({ ...text, payload: Buffer.from('other') }), 0);
  expect(inner.nextEvent()).toMatchObject({ type: 'text', data: 'other' });
  expect(inner.nextEvent()).toBeNull();
  expect(outer.nextEvent()).toMatchObject({ type: 'ping' });
  expect(outer.nextEvent()).toBeNull();
});

test("what a connection that failed left behind is nobody else's", () => {
  const failing = new Connection({ role: 'server' }, 0);
  failing.receive(Buffer.concat([encodeFrame({ ...text, rsv: 1 }), encodeFrame(text)]), 0);
  expect(failing.nextEvent()).toMatchObject({ type: 'violation' });
  const aborted = new Connection({ role: 'server' }, 0);
  aborted.receive(encodeFrame(text).subarray(0, 5), 0);
  expect(aborted.nextEvent()).toBeNull();
  aborted.abort();
  const next = new Connection({ role: 'server' }, 0);
  next.receive(encodeFrame(text), 0);
  expect(next.nextEvent()).toMatchObject({ type: 'text', data: 'text' });
});

function framesOf({ bytes, fragments }: { bytes: Uint8Array; fragments: number }): Buffer[] {
  const size = Math.ceil(bytes.length / fragments);
  return Array.from({ length: fragments }, (_, i) =>
    encodeFrame({
      opcode: i === 0 ? Opcode.Binary : Opcode.Continuation,
      fin: i === fragments - 1,
      payload: bytes.subarray(i * size, (i + 1) * size),
      key: 0xdeadbeef,
    }),
  );
}

function cut(bytes: Buffer, chunkBytes: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, i) =>
    Buffer.from(bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes)),
  );
}
