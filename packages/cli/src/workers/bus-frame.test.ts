import { prepareMessage } from 'ieum';
import { expect, test } from 'vitest';

import { type BusFrame, BusFrameDecoder, encodeHello, encodeMessage } from './bus-frame.js';

const messages = [
  ['/broadcast', 'text 이음'],
  ['', Buffer.from([0, 255, 1])],
  ['이음', ''],
  ['t'.repeat(65_535), Buffer.alloc(100_000, 7)],
] as const;

const bytes = Buffer.concat([
  encodeHello(4_000_000_000),
  ...messages.flatMap(([topic, data]) => encodeMessage(topic, prepareMessage(data))),
]);

function plain(frame: BusFrame): unknown {
  if (frame.type === 'hello') return frame;
  const { topic, message } = frame;
  return [topic, message.type === 'text' ? Buffer.from(message.bytes).toString() : message.bytes];
}

test.each([1, 2, 7, 8, 1_000, 65_536, 1_000_000])('frames cut every %d bytes are the same again', (size) => {
  const decoder = new BusFrameDecoder();
  const frames: BusFrame[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    frames.push(...decoder.receive(bytes.subarray(at, at + size)));
  }
  expect(frames.map(plain)).toEqual([{ type: 'hello', worker: 4_000_000_000 }, ...messages]);
});

test('a topic has a limit', () => {
  expect(() => encodeMessage('t'.repeat(65_536), prepareMessage(''))).toThrow(RangeError);
});
