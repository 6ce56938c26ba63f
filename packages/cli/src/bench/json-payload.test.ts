import { deflateRawSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { createJsonPayload } from './json-payload.js';

describe('a payload of JSON', () => {
  test.each([1, 2, 3, 31, 32, 33, 64, 512, 4_096, 32_768])('is JSON of exactly %d bytes', (byteCount) => {
    for (const index of [0, 1, 63]) {
      const payload = createJsonPayload(byteCount, index);
      expect(payload).toHaveLength(byteCount);
      expect(() => JSON.parse(String(payload))).not.toThrow();
    }
  });

  test('is empty where nothing was asked for', () => {
    expect(createJsonPayload(0, 0)).toHaveLength(0);
  });

  test('is the same each time, and another for each index', () => {
    expect(createJsonPayload(512, 3)).toEqual(createJsonPayload(512, 3));
    const payloads = Array.from({ length: 64 }, (_, index) => String(createJsonPayload(512, index)));
    expect(new Set(payloads).size).toBe(64);
  });

  test('compresses as JSON does', () => {
    const [small, large] = [512, 32_768].map((size) => deflateRawSync(createJsonPayload(size, 0)).length);
    expect(small).toBeGreaterThan(512 / 4);
    expect(small).toBeLessThan(512 * 0.7);
    expect(large).toBeLessThan(32_768 / 3);
  });
});
