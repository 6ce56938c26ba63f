import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { allocateMaskable, applyMask, copyMasked, fillMasked } from './masking.js';
import { createSimdMasking, type SimdMasking } from './simd-masking.js';
import { maskBytes, maskWords } from './word-masking.js';

type Mask = (payload: Uint8Array, key: number, offset: number) => void;

const simd = createSimdMasking() as SimdMasking;
const roomBytes = 300 * 1024;
const elsewhere = Buffer.alloc(roomBytes);
const held = asBuffer(allocateMaskable(roomBytes));
const heldBySimd = asBuffer(simd.allocate(roomBytes));

/** Every way to mask, and bytes to try it on. */
const ways: readonly (readonly [string, Mask, Buffer])[] = [
  ['bytes, one by one', (payload, key, offset) => bytewise(payload, littleEndian(key, offset)), elsewhere],
  ['words', (payload, key, offset) => maskWords(payload, littleEndian(key, offset)), elsewhere],
  ['SIMD in place', (payload, key, offset) => simd.maskHeld(payload, littleEndian(key, offset)), heldBySimd],
  [
    'SIMD by copy',
    (payload, key, offset) => simd.maskElsewhere(payload, littleEndian(key, offset)),
    elsewhere,
  ],
  ['applyMask on maskable bytes', applyMask, held],
  ['applyMask on others', applyMask, elsewhere],
  ['applyMask without WebAssembly', (await importWithout()).applyMask, elsewhere],
];

describe.each(ways)('%s', (_name, mask, room) => {
  test('every length, alignment and offset is masked as RFC 6455 defines it, and no byte around it', () => {
    const keys = [0x12345678, -0x7edcba99, 0xff00fe01, -1];
    for (let alignment = 0; alignment < 16; alignment++) {
      for (let length = 0; length <= 300; length++) {
        for (let offset = 0; offset < 8; offset++) {
          const key = keys[(length + offset) % keys.length] as number;
          expectMasked(mask, room, { key, offset, at: 32 + alignment, length });
        }
      }
    }
  });

  test('large payloads are masked over every block', () => {
    for (const length of [65_535, 65_536, 65_537, 131_072, 131_075, 262_143]) {
      expectMasked(mask, room, { key: 0xa1b2c3d4, offset: 3, at: 45, length });
    }
  });

  test('any key, offset, place and length will do', () => {
    const cases = fc.record({
      key: fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
      offset: fc.oneof(
        fc.nat(100),
        fc.maxSafeNat().map((nat) => Math.floor(nat / 2)),
      ),
      at: fc.integer({ min: 32, max: 4200 }),
      length: fc.oneof(fc.nat(600), fc.nat(200_000)),
    });
    fc.assert(
      fc.property(cases, (each) => expectMasked(mask, room, each)),
      { numRuns: 150 },
    );
  });

  test('masking twice gives the payload back', () => {
    const payload = room.subarray(37, 37 + 3333);
    fill(payload);
    const original = Buffer.from(payload);
    mask(payload, 0xdeadbeef, 1);
    expect(payload.equals(original)).toBe(false);
    mask(payload, 0xdeadbeef, 1);
    expect(payload.equals(original)).toBe(true);
  });

  test('a payload masked in pieces is the same as masked at once', () => {
    const payload = room.subarray(35, 35 + 2000);
    fill(payload);
    const expected = naiveMask(payload, 0xa1b2c3d4, 0);
    for (let at = 0, size = 1; at < payload.length; at += size, size = (size * 3) % 271) {
      mask(payload.subarray(at, at + size), 0xa1b2c3d4, at);
    }
    expect(payload.equals(expected)).toBe(true);
  });
});

test('copyMasked writes the masked bytes elsewhere and leaves their source and what is around', () => {
  const bytes = fc.record({
    length: fc.nat(150),
    start: fc.nat(20),
    at: fc.nat(20),
    key: fc.integer(),
    offset: fc.nat(9),
  });
  fc.assert(
    fc.property(bytes, ({ length, start, at, key, offset }) => {
      const source = Buffer.alloc(start + length + 7);
      fill(source);
      const before = Buffer.from(source);
      const target = Buffer.alloc(at + length + 7, 0xee);
      const expected = Buffer.from(target);
      expected.set(naiveMask(source.subarray(start, start + length), key, offset), at);
      copyMasked(target, at, source, start, start + length, key, offset);
      expect(target.equals(expected)).toBe(true);
      expect(source.equals(before)).toBe(true);
    }),
  );
});

test.each(['held', 'elsewhere'])('fillMasked gives the masked bytes of what is %s', (where) => {
  const room = where === 'held' ? allocateMaskable(500) : Buffer.alloc(500);
  const source = room ?? Buffer.alloc(500);
  const cases = fc.record({ length: fc.nat(300), start: fc.nat(200), key: fc.integer() });
  fc.assert(
    fc.property(cases, ({ length, start, key }) => {
      fill(source);
      const expected = naiveMask(source.slice(start, start + length), key, 0);
      const target = Buffer.alloc(length);
      fillMasked(target, source, start, key);
      expect(target.equals(expected)).toBe(true);
    }),
  );
});

describe('maskable bytes', () => {
  test('are apart from each other, from the scratch bytes, and bounded', () => {
    const masking = createSimdMasking() as SimdMasking;
    const pieces = [1, 100, 64 * 1024, 512 * 1024].map((byteLength) => masking.allocate(byteLength));
    expect(pieces.map((piece) => piece?.length)).toEqual([1, 100, 64 * 1024, 512 * 1024]);
    expect(pieces.every((piece) => piece !== null && masking.holds(piece))).toBe(true);
    expect(masking.allocate(512 * 1024)).toBeNull();

    for (const [index, piece] of pieces.entries()) piece?.fill(index + 1);
    masking.maskElsewhere(Buffer.alloc(200_000), 0x01020304);
    for (const [index, piece] of pieces.entries())
      expect(piece?.every((byte) => byte === index + 1)).toBe(true);
  });

  test('are 960 KiB in all', () => {
    const masking = createSimdMasking() as SimdMasking;
    expect(masking.allocate(960 * 1024 + 1)).toBeNull();
    expect(masking.allocate(960 * 1024)?.length).toBe(960 * 1024);
    expect(masking.allocate(1)).toBeNull();
  });

  test('are not held by another memory', () => {
    expect(simd.holds(held)).toBe(false);
    expect(simd.holds(elsewhere)).toBe(false);
  });
});

describe('where WebAssembly is of no use', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test.each<[string, unknown]>([
    ['there is none', undefined],
    ['it is empty', {}],
    ['it knows no SIMD', { Module: refusing('CompileError') }],
    ['making code is forbidden', { Module: refusing('EvalError') }],
    ['no memory is to be had', { Module: class {}, Instance: refusing('RangeError') }],
  ])('%s: no maskable bytes, and masking all the same', async (_name, stub) => {
    const masking = await importWithout(stub);
    expect(masking.allocateMaskable(1)).toBeNull();
    for (const length of [0, 5, 64, 1000, 100_000]) {
      expectMasked(masking.applyMask, elsewhere, { key: -2, offset: 1, at: 33, length });
    }
  });
});

interface Case {
  readonly key: number;
  readonly offset: number;
  /** At least 32, so that there are bytes around to watch. */
  readonly at: number;
  readonly length: number;
}

function expectMasked(mask: Mask, room: Buffer, { key, offset, at, length }: Case): void {
  const watched = room.subarray(at - 32, at + length + 32);
  fill(watched);
  const expected = Buffer.from(watched);
  expected.set(naiveMask(watched.subarray(32, 32 + length), key, offset), 32);
  mask(room.subarray(at, at + length), key, offset);
  if (watched.equals(expected)) return;
  expect.unreachable(`key ${key}, offset ${offset}, at ${at}, length ${length}`);
}

/** RFC 6455 §5.3, to the letter. */
function naiveMask(payload: Uint8Array, key: number, offset: number): Uint8Array {
  const octets = keyOctets(key);
  return payload.map((octet, index) => octet ^ (octets[(offset + index) % 4] as number));
}

function keyOctets(key: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(key >>> 0);
  return octets;
}

/** The key as the loops take it, turned to `offset`. */
function littleEndian(key: number, offset: number): number {
  const octets = keyOctets(key);
  return Buffer.from([0, 1, 2, 3].map((index) => octets[(offset + index) % 4] as number)).readInt32LE();
}

function bytewise(payload: Uint8Array, key: number): void {
  maskBytes(payload, 0, payload, 0, payload.length, key);
}

function fill(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + 7) & 0xff;
}

function asBuffer(bytes: Uint8Array | null): Buffer {
  expect(bytes).not.toBeNull();
  return Buffer.from((bytes as Uint8Array).buffer, bytes?.byteOffset, bytes?.byteLength);
}

/** The module as it is where `WebAssembly` is something else. */
async function importWithout(stub?: unknown): Promise<typeof import('./masking.js')> {
  vi.stubGlobal('WebAssembly', stub);
  vi.resetModules();
  const masking = await import('./masking.js');
  vi.unstubAllGlobals();
  return masking;
}

function refusing(name: string): new () => object {
  return class {
    constructor() {
      throw Object.assign(new Error('refused'), { name });
    }
  };
}
