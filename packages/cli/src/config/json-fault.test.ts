import { describe, expect, test } from 'vitest';

import { faultOffset, placeOf } from './json-fault.js';

describe('faultOffset', () => {
  test.each([
    ['', 0],
    ['nothing', 0],
    ['{ "a": 1, }', 10],
    ['{ "a" 1 }', 6],
    ['{ a: 1 }', 2],
    ['[1, 2', 5],
    ['[1, 2,]', 6],
    ['{ "a": [true, {"b": nul}] }', 20],
    ['{ "a": "x\ny" }', 7],
    ['{ "a": 01 }', 8],
    ['{} x', 3],
    [`{ "a": 'x' }`, 7],
    ['{ // why\n }', 2],
  ])('%j stops being JSON at %d', (text, offset) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(faultOffset(text)).toBe(offset);
  });

  test.each(['{}', ' [1, -2.5e+3, "a\\u00e9\\n", true, null, {"b": []}] ', '"x"', '0'])(
    'all of %s is JSON',
    (text) => {
      expect(JSON.parse(text)).toBeDefined();
      expect(faultOffset(text)).toBe(text.length);
    },
  );
});

test('places are counted from 1', () => {
  expect(placeOf('{\n  "a"\n}', 0)).toEqual({ line: 1, column: 1 });
  expect(placeOf('{\n  "a"\n}', 8)).toEqual({ line: 3, column: 1 });
});
