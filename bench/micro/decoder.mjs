import {
  Connection,
  DecodeStep,
  encodeFrame,
  FrameDecoder,
  Opcode,
} from '../../packages/ieum/dist/core/index.js';
import { allocateMaskable } from '../../packages/ieum/dist/core/masking/masking.js';
import { asciiText, formatSize, KEY, SIZES } from './case.mjs';
import { Receiver } from './others.mjs';

/** @returns {import('./case.mjs').Case[]} */
export function createCases() {
  return [
    ...SIZES.flatMap((bytes) => {
      const arrival = arrivalOf(1, bytes);
      return [frameCase(arrival), ...messageCases('a text message', arrival)];
    }),
    ...messageCases('32 text messages at once', arrivalOf(32, 20)),
    ...messageCases('a text message cut in header and payload', arrivalOf(1, 1024, [3, 500])),
  ];
}

/**
 * @typedef {object} Arrival masked text frames as they come from the network
 * @property {Buffer[]} chunks
 * @property {Buffer[]} readChunks the same where the server reads. They are unmasked there, so every time round their payload is
 *   another; the headers stay.
 * @property {number} frames
 * @property {number} payloadBytes of one frame
 */

/**
 * @param {number} frames
 * @param {number} payloadBytes
 * @param {number[]} [cuts] where it is cut besides
 * @returns {Arrival}
 */
function arrivalOf(frames, payloadBytes, cuts = []) {
  const payload = Buffer.from(asciiText(payloadBytes));
  const frame = encodeFrame({ opcode: Opcode.Text, payload, key: KEY });
  const bytes = Buffer.concat(Array(frames).fill(frame));
  const starts = [0, ...cuts];
  for (let at = READ_BYTES; at < bytes.length; at += READ_BYTES) starts.push(at);
  const chunks = starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length));
  return { chunks, readChunks: readChunksOf(chunks), frames, payloadBytes };
}

/**
 * There is not much room where the server reads, so all that is neither first nor last has the same place: one text is as
 * good as another.
 *
 * @param {Buffer[]} chunks
 */
function readChunksOf(chunks) {
  /** @type {Map<string, Buffer>} */
  const places = new Map();
  return chunks.map((chunk, index) => {
    const isMiddle = index > 0 && index < chunks.length - 1;
    const key = isMiddle ? `middle of ${chunk.length}` : `chunk ${index}`;
    const place = places.get(key) ?? allocateReadBuffer(chunk.length);
    places.set(key, place);
    chunk.copy(place);
    return place;
  });
}

/** @param {number} byteLength */
function allocateReadBuffer(byteLength) {
  const region = allocateMaskable(byteLength);
  return region
    ? Buffer.from(region.buffer, region.byteOffset, region.byteLength)
    : Buffer.allocUnsafeSlow(byteLength);
}

/**
 * @param {Arrival} arrival
 * @returns {import('./case.mjs').Case}
 */
function frameCase({ readChunks, payloadBytes }) {
  const decoder = new FrameDecoder();
  return {
    group: `decode a frame, ${formatSize(payloadBytes)}`,
    name: 'ieum',
    bytes: payloadBytes,
    repeat: (count) => {
      let length = 0;
      for (let i = 0; i < count; i++) {
        for (const chunk of readChunks) {
          decoder.receive(chunk);
          while (decoder.step(BETWEEN_MESSAGES) === DecodeStep.Payload) length += decoder.payload.length;
        }
      }
      return expectCount(length, count * payloadBytes);
    },
  };
}

/**
 * @param {string} what
 * @param {Arrival} arrival
 * @returns {import('./case.mjs').Case[]}
 */
function messageCases(what, { chunks, readChunks, frames, payloadBytes }) {
  const connection = new Connection({ role: 'server', maxMessageBytes: 64 << 20 }, 0);
  const receiver = new Receiver({ isServer: true, maxPayload: 64 << 20 });
  let received = 0;
  receiver.on('message', () => {
    received++;
  });
  const common = {
    group: `receive ${what}, ${formatSize(payloadBytes)}`,
    bytes: frames * payloadBytes,
  };
  return [
    {
      ...common,
      name: 'ieum',
      repeat: (count) => {
        let events = 0;
        for (let i = 0; i < count; i++) {
          for (const chunk of readChunks) {
            connection.receive(chunk, 0);
            while (connection.nextEvent() !== null) events++;
          }
        }
        return expectCount(events, count * frames);
      },
    },
    {
      ...common,
      name: 'ws',
      repeat: (count) => {
        const before = received;
        for (let i = 0; i < count; i++) for (const chunk of chunks) receiver.write(chunk);
        return expectCount(received - before, count * frames);
      },
    },
  ];
}

/**
 * @param {number} actual
 * @param {number} expected
 */
function expectCount(actual, expected) {
  if (actual !== expected) throw new Error(`${actual} came out instead of ${expected}`);
  return actual;
}

/** What one read brings at most. */
const READ_BYTES = 64 * 1024;
/** @type {import('../../packages/ieum/dist/core/index.js').FrameContext} */
const BETWEEN_MESSAGES = { role: 'server', insideMessage: false, extensionRsv: 0 };
