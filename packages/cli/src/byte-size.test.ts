import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';

import { formatByteSize, parseByteSize } from './byte-size.js';

describe('a size', () => {
  test.each([
    ['1048576', 1_048_576],
    ['1MiB', 1_048_576],
    ['64KiB', 65_536],
    ['64 kib', 65_536],
    ['1.5KiB', 1536],
    ['64kB', 64_000],
    ['2GiB', 2_147_483_648],
    ['1B', 1],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseByteSize(text)).toBe(bytes);
  });

  test.each(['', '0', '-1', '1.5', 'MiB', '1XB', '1e3', '0x10', '99999999GiB', '1 MiB extra'])(
    '%j is refused',
    (text) => {
      expect(() => parseByteSize(text)).toThrow(InvalidArgumentError);
    },
  );

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1_048_576, '1 MiB'],
  ])('%d bytes are written %s', (bytes, text) => {
    expect(formatByteSize(bytes)).toBe(text);
  });
});
