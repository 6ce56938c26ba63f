import { describe, expect, test } from 'vitest';

import { reportOf } from '../../../../test/support/made-report.js';
import type { Verdict } from '../verdict.js';

import { compareResults, expectedOf, parseExpected } from './expected.js';

const known = reportOf('known', { a: 'pass', b: 'fail', c: 'non-strict', d: 'info' });

describe('expected results', () => {
  test('name what does not pass', () => {
    expect(expectedOf(known).verdicts).toEqual({ b: 'fail', c: 'non-strict', d: 'info' });
  });

  test('are read as they were written', () => {
    const expected = expectedOf(known);
    expect(parseExpected(JSON.stringify(expected))).toEqual(expected);
  });

  test.each(['', 'null', '1', '[]', '{}', '{"format":"ieum-check-expected","version":2,"verdicts":{}}'])(
    'are not read from %j',
    (text) => {
      expect(() => parseExpected(text)).toThrow(TypeError);
    },
  );

  test('with a verdict that is none are not read', () => {
    const text = JSON.stringify({ ...expectedOf(known), verdicts: { a: 'perhaps' } });
    expect(() => parseExpected(text)).toThrow(TypeError);
  });

  test.each<[string, Record<string, Verdict>, string[]]>([
    ['the same', { a: 'pass', b: 'fail', c: 'non-strict', d: 'info' }, []],
    ['a regression', { a: 'fail', b: 'fail', c: 'non-strict', d: 'info' }, ['a pass fail']],
    ['something better', { a: 'pass', b: 'pass', c: 'non-strict', d: 'info' }, ['b fail pass']],
    ['less of it', { a: 'pass' }, []],
    ['a new case that passes', { a: 'pass', e: 'pass' }, []],
    ['a new case that fails', { a: 'pass', e: 'fail' }, ['e pass fail']],
    ['several', { a: 'info', c: 'fail' }, ['a pass info', 'c non-strict fail']],
  ])('compared with %s', (_what, results, differences) => {
    const found = compareResults(reportOf('now', results), expectedOf(known), () => true);
    expect(found.map(({ id, expected, actual }) => `${id} ${expected} ${actual}`)).toEqual(differences);
  });

  test('of a case that is gone differ', () => {
    const found = compareResults(known, expectedOf(known), (id) => id !== 'b');
    expect(found).toEqual([{ id: 'b', expected: 'fail', actual: null, text: '' }]);
  });
});
