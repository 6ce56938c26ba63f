import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeFrame, Opcode } from '../../../packages/ieum/src/core/index.js';
import { KnownFrames } from './known-frames.mjs';
import { RingEcho } from './ring-echo.mjs';

const sizes = [1, 20, 125, 126, 1024, 65_535, 65_536];

describe('the floor echoes', () => {
  test.each(sizes)('frames of %d bytes', (payloadBytes) => {
    const { masked, unmasked } = createRing(payloadBytes, 1);
    const frames = new KnownFrames({ payloadBytes, payloadType: 'binary' });
    expect(frames.frameBytes).toBe(masked.length);
    expect(frames.replyTo(masked).equals(unmasked)).toBe(true);
  });

  test.each([
    ['one by one', 26],
    ['many at once', 26 * 11],
    ['cut anywhere', 7],
    ['some whole and one cut', 61],
  ])('a ring three times around on two connections, %s', (_name, chunkBytes) => {
    const { masked, unmasked } = createRing(20, 5);
    const stream = Buffer.concat([masked, masked, masked]);
    const frames = new KnownFrames({ payloadBytes: 20, payloadType: 'binary' });
    /** @type {import('./ring-echo.mjs').ReplyRing[]} */
    const rings = [];
    for (const echo of [new RingEcho(frames, rings), new RingEcho(frames, rings)]) {
      const replies = [];
      for (let at = 0; at < stream.length; at += chunkBytes) {
        replies.push(...echo.receive(Buffer.from(stream.subarray(at, at + chunkBytes))));
      }
      expect(Buffer.concat(replies).equals(Buffer.concat([unmasked, unmasked, unmasked]))).toBe(true);
      expect(echo.isBetweenFrames).toBe(true);
    }
    expect(rings.length).toBe(1);
  });

  test('two rings that begin differently, each by itself', () => {
    const frames = new KnownFrames({ payloadBytes: 20, payloadType: 'binary' });
    /** @type {import('./ring-echo.mjs').ReplyRing[]} */
    const rings = [];
    for (const { masked, unmasked } of [createRing(20, 3), createRing(20, 4)]) {
      const echo = new RingEcho(frames, rings);
      const replies = echo.receive(Buffer.concat([masked, masked]));
      expect(Buffer.concat(replies).equals(Buffer.concat([unmasked, unmasked]))).toBe(true);
    }
    expect(rings.length).toBe(2);
  });
});

/**
 * @param {number} payloadBytes
 * @param {number} count
 */
function createRing(payloadBytes, count) {
  const payloads = Array.from({ length: count }, () => randomBytes(payloadBytes));
  const opcode = Opcode.Binary;
  return {
    masked: Buffer.concat(payloads.map((payload) => encodeFrame({ opcode, payload, key: 0x1a2b3c4d }))),
    unmasked: Buffer.concat(payloads.map((payload) => encodeFrame({ opcode, payload }))),
  };
}
