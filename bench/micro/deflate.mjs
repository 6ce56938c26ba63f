import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { createJsonPayload } from '../../packages/cli/dist/bench/json-payload.js';
import { deflateDefaults } from '../../packages/ieum/dist/node/deflate/deflate-options.js';
import { KeptCodec } from '../../packages/ieum/dist/node/deflate/kept-codec.js';
import { ZlibCodec } from '../../packages/ieum/dist/node/deflate/zlib-codec.js';
import { formatSize } from './case.mjs';

/**
 * Messages that stand by themselves, at the level and the memory that ieum has by default: by the engine that ieum keeps, by the
 * documented functions that do one message each (ieum without undocumented API), by these with a dictionary (ieum where compression
 * goes on from message to message), and by a stream that is kept and whose flush is awaited (as ws does it).
 *
 * @returns {import('./case.mjs').Case[]}
 */
export function createCases() {
  return SIZES.flatMap((bytes) => {
    const payload = createJsonPayload(bytes, 0);
    return [...inflateCases(payload), ...deflateCases(payload)];
  });
}

/**
 * @param {Buffer} payload
 * @returns {import('./case.mjs').Case[]}
 */
function inflateCases(payload) {
  const shared = { group: `inflate JSON, ${formatSize(payload.length)}`, bytes: payload.length };
  const maxBytes = payload.length;
  const data = oneShot.deflate(payload, null, WINDOW_BITS);
  const referring = oneShot.deflate(payload, DICTIONARY, WINDOW_BITS);
  const stream = new FlushedStream(createInflateRaw());
  const input = Buffer.concat([data, FLUSH_END]);
  return [
    { ...shared, name: 'ieum', repeat: repeated(() => lengthOf(kept.inflate(data, null, maxBytes))) },
    { ...shared, name: 'one-shot', repeat: repeated(() => lengthOf(oneShot.inflate(data, null, maxBytes))) },
    {
      ...shared,
      name: WITH_DICTIONARY,
      repeat: repeated(() => lengthOf(oneShot.inflate(referring, DICTIONARY, maxBytes))),
    },
    { ...shared, name: AWAITED_STREAM, repeat: (count) => stream.repeat(input, count) },
  ];
}

/**
 * @param {Buffer} payload
 * @returns {import('./case.mjs').Case[]}
 */
function deflateCases(payload) {
  const shared = { group: `deflate JSON, ${formatSize(payload.length)}`, bytes: payload.length };
  const { level, memoryLevel } = deflateDefaults;
  const stream = new FlushedStream(
    createDeflateRaw({ level, memLevel: memoryLevel, windowBits: WINDOW_BITS }),
  );
  return [
    { ...shared, name: 'ieum', repeat: repeated(() => kept.deflate(payload, null, WINDOW_BITS).length) },
    {
      ...shared,
      name: 'one-shot',
      repeat: repeated(() => oneShot.deflate(payload, null, WINDOW_BITS).length),
    },
    {
      ...shared,
      name: WITH_DICTIONARY,
      repeat: repeated(() => oneShot.deflate(payload, DICTIONARY, WINDOW_BITS).length),
    },
    { ...shared, name: AWAITED_STREAM, repeat: (count) => stream.repeat(payload, count) },
  ];
}

/**
 * What is called takes microseconds: a loop that cases share does not change that.
 *
 * @param {() => number} operation gives the size of what came out
 * @returns {(count: number) => number}
 */
function repeated(operation) {
  return (count) => {
    let length = 0;
    for (let i = 0; i < count; i++) length += operation();
    return length;
  };
}

/** A stream of `node:zlib` for messages that stand by themselves. */
class FlushedStream {
  /** @type {import('node:zlib').DeflateRaw | import('node:zlib').InflateRaw} */
  #stream;
  /** @type {Buffer[]} */
  #pieces = [];

  /** @param {import('node:zlib').DeflateRaw | import('node:zlib').InflateRaw} stream */
  constructor(stream) {
    this.#stream = stream;
    stream.on('data', (piece) => this.#pieces.push(piece));
  }

  /**
   * @param {Buffer} input
   * @param {number} count
   */
  async repeat(input, count) {
    let length = 0;
    for (let i = 0; i < count; i++) length += await this.#pass(input);
    return length;
  }

  /**
   * @param {Buffer} input
   * @returns {Promise<number>}
   */
  #pass(input) {
    return new Promise((resolve) => {
      this.#stream.write(input);
      this.#stream.flush(constants.Z_SYNC_FLUSH, () => {
        const { length } = Buffer.concat(this.#pieces);
        this.#pieces = [];
        this.#stream.reset();
        resolve(length);
      });
    });
  }
}

/** @param {Uint8Array | import('../../packages/ieum/dist/core/deflate/deflate-codec.js').InflateFailure} inflated */
function lengthOf(inflated) {
  if (typeof inflated === 'string') throw new Error(`not inflated: ${inflated}`);
  return inflated.length;
}

/** @returns {KeptCodec} */
function createKept() {
  const codec = KeptCodec.create(deflateDefaults);
  if (codec === null) throw new Error('this Node has no zlib engine that can be kept');
  return codec;
}

const kept = createKept();
const oneShot = new ZlibCodec(deflateDefaults);
const SIZES = [64, 512, 4 * 1024, 32 * 1024];
const WINDOW_BITS = deflateDefaults.serverMaxWindowBits;
/** As full as the window gets. */
const DICTIONARY = createJsonPayload(2 ** WINDOW_BITS, 1);
const WITH_DICTIONARY = 'one-shot, 4 KiB dictionary';
const AWAITED_STREAM = 'awaited stream flush';
const FLUSH_END = Buffer.of(0x00, 0x00, 0xff, 0xff);
