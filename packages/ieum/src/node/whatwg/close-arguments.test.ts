import { describe, expect, it } from 'vitest';

import { checkCloseArguments, clampToUnsignedShort, enforceUnsignedShort } from './close-arguments.js';

describe('the arguments of close', () => {
  it.each([
    [undefined, '', { code: 1005, reason: '' }],
    [undefined, 'why', { code: 1000, reason: 'why' }],
    [1000, '', { code: 1000, reason: '' }],
    [3000, 'x'.repeat(123), { code: 3000, reason: 'x'.repeat(123) }],
    [4999, 'ü', { code: 4999, reason: 'ü' }],
  ])('%s and %j are a Close frame', (code, reason, close) => {
    expect(checkCloseArguments(code, reason)).toEqual(close);
  });

  it.each([
    [0, '', 'InvalidAccessError'],
    [1001, '', 'InvalidAccessError'],
    [1005, '', 'InvalidAccessError'],
    [2999, '', 'InvalidAccessError'],
    [5000, '', 'InvalidAccessError'],
    [65535, 'x'.repeat(124), 'InvalidAccessError'],
    [1000, 'x'.repeat(124), 'SyntaxError'],
    [undefined, 'ü'.repeat(62), 'SyntaxError'],
  ])('%s and %j are refused', (code, reason, name) => {
    expect(() => checkCloseArguments(code, reason)).toThrow(expect.objectContaining({ name }));
  });

  it.each([
    [1000, 1000],
    ['3000', 3000],
    [null, 0],
    [Number.NaN, 0],
    ['text', 0],
    [-1, 0],
    [2 ** 16 + 1000, 65535],
    [Number.POSITIVE_INFINITY, 65535],
    [1000.4, 1000],
    [1000.5, 1000],
    [1001.5, 1002],
    [1000.6, 1001],
  ])('%s is clamped to %s', (value, clamped) => {
    expect(clampToUnsignedShort(value)).toBe(clamped);
  });

  it.each([-1, 65536, Number.NaN, Number.POSITIVE_INFINITY, 'text'])('%s is out of range', (value) => {
    expect(() => enforceUnsignedShort('closeCode', value)).toThrow(TypeError);
  });

  it.each([
    [0, 0],
    [-0.5, 0],
    [3000.9, 3000],
    ['65535', 65535],
  ])('%s is in range', (value, number) => {
    expect(enforceUnsignedShort('closeCode', value)).toBe(number);
  });
});
