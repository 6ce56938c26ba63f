import { DecodeStep, FrameDecoder, isValidUtf8 } from 'ieum/core';
import { describe, expect, test } from 'vitest';

import { MessageInflater } from './message-inflater.js';
import { type MessageShape, Reel } from './reel.js';

const text: MessageShape = { payloadBytes: 20, payloadType: 'text', compressed: false };
const shapes: MessageShape[] = [
  { payloadBytes: 0, payloadType: 'text', compressed: false },
  { payloadBytes: 1, payloadType: 'binary', compressed: false },
  text,
  { payloadBytes: 125, payloadType: 'binary', compressed: false },
  { payloadBytes: 126, payloadType: 'text', compressed: false },
  { payloadBytes: 65_536, payloadType: 'binary', compressed: false },
];

describe.each(shapes)('a reel of $payloadBytes bytes of $payloadType', (shape) => {
  const [sent, expected] = [Reel.toSend(shape, 3), Reel.toReceive(shape)];

  test('sends masked frames whose payloads are those that must come back', () => {
    const payloads = decode(Buffer.from(sent.run(0, 3)), 'server');
    expect(payloads).toHaveLength(3);
    for (const [index, payload] of payloads.entries()) {
      expect(payload).toHaveLength(shape.payloadBytes);
      expect(expected.matchesPayload(index, 0, payload)).toBe(true);
      if (shape.payloadType === 'text') expect(isValidUtf8(payload)).toBe(true);
    }
    expect(decode(Buffer.from(expected.run(0, 1)), 'client')).toEqual(payloads.slice(0, 1));
  });

  test('goes round: any run is one slice', () => {
    const { frameCount, frameBytes } = sent;
    for (const first of [0, frameCount - 1, frameCount, 5 * frameCount + 1]) {
      const parts = [0, 1, 2].map((i) => sent.run((first + i) % frameCount, 1));
      expect(sent.run(first, 3).equals(Buffer.concat(parts))).toBe(true);
      expect(sent.run(first, 3)).toHaveLength(3 * frameBytes);
      expect(sent.run(first, 2)).toBe(sent.run(first, 2));
    }
  });
});

test.each<[number, 'text' | 'binary']>([
  [0, 'text'],
  [1, 'text'],
  [512, 'text'],
  [512, 'binary'],
  [40_000, 'text'],
])(
  'a compressed reel of %d bytes of %s sends what inflates to the payloads that must come back',
  (size, type) => {
    const shape: MessageShape = { payloadBytes: size, payloadType: type, compressed: true };
    const [sent, expected] = [Reel.toSend(shape, 3), Reel.toReceive(shape)];
    const inflater = new MessageInflater({ keepsContext: false, usualBytes: size, maxBytes: size + 1 });
    for (const first of [0, sent.frameCount - 1, 5 * sent.frameCount + 1]) {
      for (const [index, payload] of decode(Buffer.from(sent.run(first, 3)), 'server', 4).entries()) {
        const inflated = inflater.inflate(payload) as Buffer;
        expect(inflated).toHaveLength(size);
        expect(expected.matchesPayload(first + index, 0, inflated)).toBe(true);
      }
    }
  },
);

describe('a reel', () => {
  const expected = Reel.toReceive(text);
  const stream = Buffer.concat(Array.from({ length: 200 }, (_, index) => expected.run(index, 1)));

  test('finds the stream of its frames right, from any place and round the end', () => {
    for (const start of [0, 1, expected.frameBytes, expected.ringBytes - 1]) {
      expect(expected.matches(stream, start, stream.length, start % expected.ringBytes)).toBe(true);
    }
  });

  test.each([0, 1, 2, 21, 22, 1_407, 1_408, 4_399])('notices one wrong bit in byte %d', (index) => {
    const wrong = Buffer.from(stream);
    wrong[index] = (wrong[index] as number) ^ 1;
    expect(expected.matches(wrong, 0, wrong.length, 0)).toBe(false);
  });

  test('has different payloads, so that replies in the wrong order are noticed', () => {
    const payloads = new Set(
      decode(Buffer.from(stream.subarray(0, expected.ringBytes)), 'client').map(String),
    );
    expect(payloads.size).toBe(expected.frameCount);
  });

  test('does not take a payload for right that is too long', () => {
    const [payload] = decode(Buffer.from(expected.run(0, 1)), 'client');
    expect(expected.matchesPayload(0, 10, (payload as Buffer).subarray(10))).toBe(true);
    expect(expected.matchesPayload(0, 10, (payload as Buffer).subarray(9))).toBe(false);
    expect(expected.matchesPayload(1, 0, payload as Buffer)).toBe(false);
  });

  test('keeps runs of large frames short', () => {
    const large = Reel.toSend({ payloadBytes: 1024 * 1024, payloadType: 'binary', compressed: false }, 64);
    expect(large.maxRun).toBe(7);
    expect(large.run(1, 7)).toHaveLength(7 * large.frameBytes);
  });
});

function decode(bytes: Buffer, role: 'client' | 'server', extensionRsv = 0): Buffer[] {
  const decoder = new FrameDecoder();
  decoder.receive(bytes);
  const payloads: Buffer[] = [];
  while (decoder.step({ role, insideMessage: false, extensionRsv }) !== DecodeStep.Incomplete) {
    expect(decoder.violation).toBeNull();
    payloads.push(Buffer.from(decoder.payload));
  }
  return payloads;
}
