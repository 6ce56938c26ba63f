import { expectedOf, type Verdict } from '@ieum/check';
import { describe, expect, test } from 'vitest';

import { reportOf } from '../../../test/support/made-report.js';

import { exitStatusFor } from './check-outcome.js';

const timeout = 5_000;

describe('the exit status', () => {
  test.each<[Record<string, Verdict>, boolean, number]>([
    [{ a: 'pass', b: 'info' }, false, 0],
    [{ a: 'pass', b: 'info' }, true, 0],
    [{ a: 'pass', b: 'non-strict' }, false, 0],
    [{ a: 'pass', b: 'non-strict' }, true, 1],
    [{ a: 'pass', b: 'fail' }, false, 1],
    [{ a: 'pass', b: 'fail' }, true, 1],
  ])('of %j, strict %s, is %i', (verdicts, strict, status) => {
    expect(exitStatusFor(reportOf('a', verdicts), null, { timeout, strict })).toBe(status);
  });

  test.each<[Record<string, Verdict>, number]>([
    [{ a: 'pass', b: 'fail' }, 0],
    [{ a: 'pass', b: 'pass' }, 1],
    [{ a: 'fail', b: 'fail' }, 1],
    [{ a: 'pass' }, 0],
  ])('of %j, when b was expected to fail, is %i', (verdicts, status) => {
    const known = { ...expectedOf(reportOf('a', { b: 'fail' })) };
    const ids = new Set(['a', 'b']);
    expect(exitStatusFor(reportOf('a', verdicts), known, { timeout }, (id) => ids.has(id))).toBe(status);
  });
});
