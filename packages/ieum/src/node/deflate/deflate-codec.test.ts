import { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';

import type { DeflateCodec } from '../../core/deflate/deflate-codec.js';
import { seededRandom } from '../../testing/seeded-random.js';

import { KeptCodec } from './kept-codec.js';
import { ZlibCodec } from './zlib-codec.js';

const settings = { level: 6, memoryLevel: 5 };
const noLimit = Number.POSITIVE_INFINITY;

const sizes = [0, 1, 2, 3, 100, 1_023, 4_096, 32_768, 65_536, 65_537, 300_000, 2 * 1024 * 1024];

const codecs: readonly [name: string, codec: DeflateCodec][] = [
  ['public', new ZlibCodec(settings)],
  ['kept', KeptCodec.create(settings) ?? new ZlibCodec(settings)],
];

test('this Node has engines that can be kept', () => {
  expect(KeptCodec.create(settings)).not.toBeNull();
});

describe.each(codecs)('the %s codec', (_name, codec) => {
  /** Both ways, which must give the same. */
  const inflate = async (data: Uint8Array, maxBytes = noLimit, dictionary: Uint8Array | null = null) => {
    const inflated = codec.inflate(data, dictionary, maxBytes);
    const later = await codec.inflateLater(data, dictionary, maxBytes);
    expect(typeof inflated === 'string' ? later === inflated : equal(later, inflated)).toBe(true);
    return typeof inflated === 'string' ? inflated : Buffer.from(inflated);
  };

  test.each(sizes)('gives %i bytes back, whichever codec they come from', async (byteLength) => {
    const limit = Math.max(1, byteLength);
    for (const data of [jsonOf(byteLength), seededRandom(byteLength).bytes(byteLength)]) {
      for (const [, other] of codecs) {
        const deflated = codec.deflate(data, null, 12);
        expect(equal(other.inflate(deflated, null, limit), data)).toBe(true);
        expect(equal(await other.inflateLater(deflated, null, limit), data)).toBe(true);
        const later = await codec.deflateLater(data, null, 12);
        expect(equal(other.inflate(later, null, limit), data)).toBe(true);
      }
    }
  });

  test('gives incompressible data of every size around the pieces that zlib works in back', () => {
    const data = seededRandom(1).bytes(70_000);
    for (const border of [4_096, 8_192, 16_384, 32_768, 65_536]) {
      for (let byteLength = border - 60; byteLength < border + 20; byteLength++) {
        const piece = data.subarray(0, byteLength);
        expect(equal(codec.inflate(codec.deflate(piece, null, 15), null, byteLength), piece)).toBe(true);
      }
    }
  });

  test.each([9, 10, 11, 12, 13, 14, 15])('keeps to a window of %i bits', async (bits) => {
    const random = seededRandom(bits);
    const noise = random.bytes(2 ** bits);
    for (const data of [jsonOf(100_000), Buffer.concat([noise, noise, noise])]) {
      for (const deflated of [codec.deflate(data, null, bits), await codec.deflateLater(data, null, bits)]) {
        const options = { windowBits: bits, finishFlush: zlib.constants.Z_SYNC_FLUSH };
        expect(equal(zlib.inflateRawSync(withTail(deflated), options), data)).toBe(true);
      }
    }
  });

  test.each([9, 12, 15])(
    'follows the window of a peer that compresses on and on, with %i bits',
    async (bits) => {
      const peer = new zlib.DeflateRaw({ windowBits: bits });
      const size = 2 ** bits;
      let sent = Buffer.alloc(0);
      for (const message of conversation(bits)) {
        const deflated = (await flushed(peer, message)).subarray(0, -4);
        const dictionary = sent.length === 0 ? null : sent.subarray(-size);
        expect(equal(await inflate(deflated, Math.max(1, message.length), dictionary), message)).toBe(true);
        sent = Buffer.concat([sent, message]).subarray(-size);
      }
      peer.close();
    },
  );

  test.each([9, 12, 15])('is followed by a peer that inflates on and on, with %i bits', async (bits) => {
    const peer = new zlib.InflateRaw({ windowBits: bits });
    const size = 2 ** bits;
    let sent = Buffer.alloc(0);
    let turn = 0;
    for (const message of conversation(bits)) {
      const dictionary = sent.length === 0 ? null : sent.subarray(-size);
      const deflated =
        turn++ % 2 === 0
          ? codec.deflate(message, dictionary, bits)
          : await codec.deflateLater(message, dictionary, bits);
      expect(equal(await flushed(peer, withTail(deflated)), message)).toBe(true);
      sent = Buffer.concat([sent, message]).subarray(-size);
    }
    peer.close();
  });

  test('compresses better with what went before', () => {
    const message = jsonOf(500);
    const alone = codec.deflate(message, null, 15);
    const following = codec.deflate(message, message, 15);
    expect(following.length).toBeLessThan(alone.length / 4);
  });

  /** RFC 7692 §7.2.3, with the examples of its text. */
  test.each<[string, string, string]>([
    ['one block', 'f248cdc9c90700', 'Hello'],
    ['a block of stored bytes', '000500faff48656c6c6f00', 'Hello'],
    ['a final block and an empty one', 'f348cdc9c9070000', 'Hello'],
    ['a final block alone', 'f348cdc9c90700', 'Hello'],
    ['two blocks', 'f248050000 00ffff cac9c90700', 'Hello'],
    ['an empty block', '00', ''],
    ['the empty block that some send for an empty message', '0200', ''],
    ['many empty blocks', '000000ffff000000ffff00', ''],
    ['nothing at all', '', ''],
    ['a final empty block', '010000ffff', ''],
    ['a final empty block less the bytes that are left out', '01', ''],
    ['a final empty block of fixed codes', '0300', ''],
    ['a block behind a final block', 'f348cdc9c90700 f248cdc9c90700', 'HelloHello'],
    ['a final empty block behind a final block', 'f348cdc9c90700 01', 'Hello'],
    ['what refers back across a final block', 'f348cdc9c90700 f200110000', 'HelloHello'],
    ['as many final blocks as are taken', '0300'.repeat(8), ''],
    ['several final blocks', 'f348cdc9c90700 f348cdc9c90700 f348cdc9c90700 00', 'HelloHelloHello'],
  ])('inflates %s', async (_what, hex, text) => {
    expect((await inflate(bytes(hex))).toString()).toBe(text);
  });

  test('inflates what refers back to the message before', async () => {
    const dictionary = Buffer.from('Hello');
    expect((await inflate(bytes('f2001100 00'), noLimit, dictionary)).toString()).toBe('Hello');
  });

  test.each<[string, string]>([
    ['a block of the type that is none', '07'],
    ['a stored block whose lengths differ', '00050000004865'],
    ['a reference to before the beginning', 'f200110000'],
    ['two bytes behind a final block that are no block', 'f348cdc9c90700 0000'],
    ['a block behind a final block that is none', 'f348cdc9c90700 07'],
    ['more final blocks than anybody has a use for', '0300'.repeat(9)],
    ['a final block of stored bytes that are not there', '010500faff48656c'],
    ['text', '7b2268656c6c6f223a22776f726c64227d'],
    ['a header of zlib', '789cf248cdc9c90700'],
    ['a header of gzip', '1f8b0800000000000003f248cdc9c90700'],
    ['codes of a block that leave some out', '0500'],
  ])('finds %s invalid', async (_what, hex) => {
    expect(await inflate(bytes(hex))).toBe('invalid');
    expect((await inflate(bytes('f248cdc9c90700'))).toString()).toBe('Hello');
  });

  test('finds data that was cut anywhere invalid, and works on', async () => {
    const data = jsonOf(700);
    const deflated = codec.deflate(data, null, 15);
    for (let end = 1; end < deflated.length; end++) {
      const inflated = await inflate(deflated.subarray(0, end));
      // Without its last byte nothing is missing but the bits of an empty block.
      if (typeof inflated === 'string') expect(inflated).toBe('invalid');
      else expect([end, equal(inflated, data)]).toEqual([deflated.length - 1, true]);
    }
    expect(equal(await inflate(deflated), data)).toBe(true);
  });

  test('never throws and never gives more than it may, whatever it is given', () => {
    const random = seededRandom(77);
    const base = codec.deflate(jsonOf(2_000), null, 15);
    for (let i = 0; i < 3_000; i++) {
      const data = i % 2 === 0 ? random.bytes(random.below(60)) : Buffer.from(base);
      for (let n = i % 2 === 1 ? random.below(4) : -1; n >= 0; n--) {
        const at = random.below(data.length);
        data.writeUInt8(data.readUInt8(at) ^ (1 << random.below(8)), at);
      }
      const inflated = codec.inflate(data, i % 3 === 0 ? base : null, 1_500);
      if (typeof inflated === 'string') expect(['invalid', 'too-big']).toContain(inflated);
      else expect(inflated.length).toBeLessThanOrEqual(1_500);
    }
    expect(equal(codec.inflate(base, null, 2_000), jsonOf(2_000))).toBe(true);
  });

  test.each([1, 2, 100, 4_095, 4_096, 4_097, 65_535, 65_536, 65_537, 131_072, 1_000_000])(
    'gives exactly as many as it may: %i bytes, and not one more',
    async (limit) => {
      for (const data of [Buffer.alloc(limit), jsonOf(limit)]) {
        expect(equal(await inflate(codec.deflate(data, null, 15), limit), data)).toBe(true);
        const more = Buffer.concat([data, Buffer.from('x')]);
        expect(await inflate(codec.deflate(more, null, 15), limit)).toBe('too-big');
      }
      expect(equal(codec.inflate(bytes('f248cdc9c90700'), null, 5), Buffer.from('Hello'))).toBe(true);
    },
  );

  test('stops at the limit: a bomb costs what may come out of it', async () => {
    const bomb = bombOf(256 * 1024 * 1024);
    const before = process.memoryUsage().rss;
    const begun = performance.now();
    expect(codec.inflate(bomb, null, 100_000)).toBe('too-big');
    expect(await codec.inflateLater(bomb, null, 100_000)).toBe('too-big');
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('what comes out of it is the caller’s: it never changes again', async () => {
    const first = codec.deflate(Buffer.from('first message, first message'), null, 12);
    const kept = Buffer.from(first);
    const inflated = codec.inflate(first, null, 100) as Uint8Array;
    codec.deflate(Buffer.from('quite another message'), null, 12);
    codec.inflate(bytes('f248cdc9c90700'), null, 100);
    expect(equal(first, kept)).toBe(true);
    expect(Buffer.from(inflated).toString()).toBe('first message, first message');
  });

  test('leaves what it is given as it is', () => {
    const data = jsonOf(300);
    const deflated = codec.deflate(data, data, 12);
    const copy = Buffer.from(deflated);
    codec.inflate(deflated, data, 300);
    expect(equal(deflated, copy)).toBe(true);
    expect(equal(data, jsonOf(300))).toBe(true);
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('%i as level and as memory level', (value) => {
  const data = jsonOf(50_000);
  for (const compression of [
    { level: value, memoryLevel: 5 },
    { level: 6, memoryLevel: value },
  ]) {
    for (const codec of [new ZlibCodec(compression), KeptCodec.create(compression)]) {
      const deflated = codec?.deflate(data, null, 12) ?? Buffer.alloc(0);
      expect(equal(zlib.inflateRawSync(withTail(deflated), syncFlush), data)).toBe(true);
    }
  }
});

const syncFlush = { finishFlush: zlib.constants.Z_SYNC_FLUSH };

function equal(a: Uint8Array | string, b: Uint8Array): boolean {
  return typeof a !== 'string' && Buffer.compare(a, b) === 0;
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function withTail(deflated: Uint8Array): Buffer {
  return Buffer.concat([deflated, bytes('0000ffff')]);
}

function jsonOf(byteLength: number): Buffer {
  const random = seededRandom(byteLength);
  let text = '';
  while (text.length < byteLength)
    text += `{"id":${random.below(10_000)},"name":"user ${text.length % 97}"},`;
  return Buffer.from(text.slice(0, byteLength));
}

function bombOf(byteLength: number): Buffer {
  const deflated = zlib.deflateRawSync(Buffer.alloc(byteLength), syncFlush);
  return deflated.subarray(0, -4);
}

/** Messages that repeat what was said before, near and far, and some that cannot be compressed. */
function conversation(bits: number): Buffer[] {
  const random = seededRandom(bits + 100);
  const lengths = [5, 300, 0, 300, 2 ** bits, 40, 2 ** bits + 1, 3, 2 ** bits - 1, 1_000, 70_000, 300];
  return lengths.flatMap((length) => [jsonOf(length), random.bytes(Math.min(length, 500)), jsonOf(300)]);
}

/** What a stream of zlib's makes of one message, up to the flush behind it. */
function flushed(stream: zlib.DeflateRaw | zlib.InflateRaw, message: Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const gather = (piece: Buffer) => pieces.push(piece);
  stream.on('data', gather);
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(message);
    stream.flush(zlib.constants.Z_SYNC_FLUSH, () => {
      stream.off('data', gather).off('error', reject);
      resolve(Buffer.concat(pieces));
    });
  });
}
