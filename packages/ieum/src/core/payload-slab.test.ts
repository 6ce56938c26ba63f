import { expect, test } from 'vitest';

import { PayloadSlab } from './payload-slab.js';

test('no two payloads share a byte, whatever their sizes', () => {
  const slab = new PayloadSlab();
  const sizes = [0, 1, 2_047, 2_048, 2_049, 5_001, 16_384, 16_385, 100_000];
  const payloads = Array.from({ length: 400 }, (_, i) =>
    slab.allocate(sizes[i % sizes.length] as number).fill(i & 0xff),
  );
  const wrong = payloads.filter(
    (payload, i) => payload.length !== sizes[i % sizes.length] || payload.some((byte) => byte !== (i & 0xff)),
  );
  expect(wrong).toEqual([]);
});

test('what is kept keeps 64 KiB at most', () => {
  const slab = new PayloadSlab();
  for (let i = 0; i < 100; i++)
    expect(slab.allocate(2_048 + i * 100).buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
});
