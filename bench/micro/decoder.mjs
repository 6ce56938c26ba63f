import {
  Connection,
  DecodeStep,
  encodeFrame,
  FrameDecoder,
  Opcode,
} from '../../packages/ieum/dist/core/index.js';
import { asciiText, formatSize, KEY, SIZES } from './case.mjs';
import { Receiver } from './others.mjs';

/**
 * Chunks are unmasked in place, so every time round the payload is another; the header stays.
 *
 * @returns {import('./case.mjs').Case[]}
 */
export function createCases() {
  return [
    ...SIZES.flatMap((bytes) => [frameCase(chunkOf(1, bytes)), ...messageCases(chunkOf(1, bytes))]),
    ...messageCases(chunkOf(32, 20)),
    cutCase(chunkOf(1, 1024)),
  ];
}

/** @typedef {{ chunk: Buffer, frames: number, payloadBytes: number }} Chunk */

/**
 * @param {number} frames
 * @param {number} payloadBytes
 * @returns {Chunk}
 */
function chunkOf(frames, payloadBytes) {
  const payload = Buffer.from(asciiText(payloadBytes));
  const frame = encodeFrame({ opcode: Opcode.Text, payload, key: KEY });
  return { chunk: Buffer.concat(Array(frames).fill(frame)), frames, payloadBytes };
}

/**
 * @param {Chunk} chunk
 * @returns {import('./case.mjs').Case}
 */
function frameCase({ chunk, payloadBytes }) {
  const decoder = new FrameDecoder();
  return {
    group: `decode a frame, ${formatSize(payloadBytes)}`,
    name: 'ieum',
    bytes: payloadBytes,
    repeat: (count) => {
      let length = 0;
      for (let i = 0; i < count; i++) {
        decoder.receive(chunk);
        while (decoder.step(BETWEEN_MESSAGES) === DecodeStep.Payload) length += decoder.payload.length;
      }
      return length;
    },
  };
}

/**
 * @param {Chunk} chunk
 * @returns {import('./case.mjs').Case[]}
 */
function messageCases({ chunk, frames, payloadBytes }) {
  const connection = new Connection({ role: 'server', maxMessageBytes: 64 << 20 }, 0);
  const receiver = new Receiver({ isServer: true, maxPayload: 64 << 20 });
  let received = 0;
  receiver.on('message', () => {
    received++;
  });
  const messages = frames === 1 ? 'a text message' : `${frames} text messages in one chunk`;
  const group = `receive ${messages}, ${formatSize(payloadBytes)}`;
  const bytes = frames * payloadBytes;
  return [
    {
      group,
      name: 'ieum',
      bytes,
      repeat: (count) => {
        let events = 0;
        for (let i = 0; i < count; i++) {
          connection.receive(chunk, 0);
          while (connection.nextEvent() !== null) events++;
        }
        return expectCount(events, count * frames);
      },
    },
    {
      group,
      name: 'ws',
      bytes,
      repeat: (count) => {
        const before = received;
        for (let i = 0; i < count; i++) receiver.write(chunk);
        return expectCount(received - before, count * frames);
      },
    },
  ];
}

/**
 * @param {Chunk} whole
 * @returns {import('./case.mjs').Case}
 */
function cutCase({ chunk, payloadBytes }) {
  const connection = new Connection({ role: 'server' }, 0);
  const pieces = [chunk.subarray(0, 3), chunk.subarray(3, 500), chunk.subarray(500)];
  return {
    group: `receive a text message cut in its header and its payload, ${formatSize(payloadBytes)}`,
    name: 'ieum',
    bytes: payloadBytes,
    repeat: (count) => {
      let events = 0;
      for (let i = 0; i < count; i++) {
        for (const piece of pieces) {
          connection.receive(piece, 0);
          while (connection.nextEvent() !== null) events++;
        }
      }
      return expectCount(events, count);
    },
  };
}

/**
 * @param {number} actual
 * @param {number} expected
 */
function expectCount(actual, expected) {
  if (actual !== expected) throw new Error(`${actual} messages came out instead of ${expected}`);
  return actual;
}

/** @type {import('../../packages/ieum/dist/core/index.js').FrameContext} */
const BETWEEN_MESSAGES = { role: 'server', insideMessage: false, extensionRsv: 0 };
