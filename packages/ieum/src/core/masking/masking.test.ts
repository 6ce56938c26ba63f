import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';

import { applyMask } from './masking.js';

const keys = [0x00000000, 0x12345678, 0xffffffff, 0x80000001, 0x01020304];

test('every alignment, offset and length masks as a naive loop does', () => {
  const lengths = [...Array.from({ length: 90 }, (_, length) => length), 127, 256, 1023];
  for (const key of keys) {
    for (const length of lengths) {
      for (let alignment = 0; alignment < 8; alignment++) {
        for (let offset = 0; offset < 4; offset++) {
          const payload = sample(length, alignment);
          const expected = naiveMask(payload, key, offset);
          applyMask(payload, key, offset);
          if (Buffer.compare(payload, expected) !== 0)
            expect.unreachable(`key ${key}, length ${length}, alignment ${alignment}, offset ${offset}`);
        }
      }
    }
  }
});

test('bytes around the payload are left alone', () => {
  for (let alignment = 0; alignment < 8; alignment++) {
    const room = Buffer.alloc(8 + 100 + 8);
    applyMask(room.subarray(alignment, alignment + 100), 0xffffffff);
    expect(room.subarray(0, alignment).every((byte) => byte === 0)).toBe(true);
    expect(room.subarray(alignment, alignment + 100).every((byte) => byte === 0xff)).toBe(true);
    expect(room.subarray(alignment + 100).every((byte) => byte === 0)).toBe(true);
  }
});

test('masking twice gives the payload back', () => {
  const payload = sample(333, 3);
  const original = Buffer.from(payload);
  applyMask(payload, 0xdeadbeef);
  expect(payload).not.toEqual(original);
  applyMask(payload, 0xdeadbeef);
  expect(payload).toEqual(original);
});

test('a payload masked in pieces is the same as masked at once', () => {
  const whole = sample(301, 0);
  const pieces = Buffer.from(whole);
  applyMask(whole, 0xa1b2c3d4);
  for (let at = 0, size = 1; at < pieces.length; at += size, size = (size * 3) % 71) {
    applyMask(pieces.subarray(at, at + size), 0xa1b2c3d4, at);
  }
  expect(pieces).toEqual(whole);
});

test('an offset beyond 32 bits still finds its key byte', () => {
  for (const offset of [2 ** 31 - 1, 2 ** 32 + 3, 2 ** 40 + 2]) {
    const payload = sample(60, 1);
    const expected = naiveMask(payload, 0x12345678, offset);
    applyMask(payload, 0x12345678, offset);
    expect(payload).toEqual(expected);
  }
});

/** A view of `length` bytes that begins `alignment` bytes into its memory. */
function sample(length: number, alignment: number): Buffer {
  const memory = new ArrayBuffer(length + alignment);
  const view = Buffer.from(memory, alignment, length);
  for (let i = 0; i < length; i++) view[i] = (i * 31 + 7) & 0xff;
  return view;
}

function naiveMask(payload: Buffer, key: number, offset: number): Buffer {
  const keyBytes = Buffer.alloc(4);
  keyBytes.writeUInt32BE(key);
  return Buffer.from(payload.map((byte, index) => byte ^ (keyBytes[(offset + index) % 4] as number)));
}
