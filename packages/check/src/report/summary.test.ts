import { describe, expect, test } from 'vitest';

import { reportOf } from '../../../../test/support/made-report.js';
import type { Verdict } from '../verdict.js';

import { formatCounts, formatSummary, type Paint } from './summary.js';

const as = (text: string): string => text;
const plain: Paint = { bold: as, dim: as, red: as, green: as, yellow: as, cyan: as };

describe('a summary', () => {
  const report = reportOf('ws', {
    'framing/a': 'pass',
    'framing/b': 'non-strict',
    'utf8/c': 'fail',
    'utf8/d': 'info',
  });

  test('has a row for each group and one for all', () => {
    const rows = formatSummary(report, plain)
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    expect(rows).toContainEqual(['pass', 'info', 'non-strict', 'fail']);
    expect(rows).toContainEqual(['framing', '1', '0', '1', '0']);
    expect(rows).toContainEqual(['utf8', '0', '1', '0', '1']);
    expect(rows).toContainEqual(['all', '1', '1', '1', '1']);
  });

  test('lists what deviates, the worst first, and nothing else', () => {
    const text = formatSummary(report, plain);
    expect(text.indexOf('utf8/c')).toBeGreaterThan(0);
    expect(text.indexOf('utf8/c')).toBeLessThan(text.indexOf('framing/b'));
    expect(text).not.toContain('framing/a');
    expect(text).toContain('utf8/c found this');
  });

  test('does not go on for ever', () => {
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`x/${index}`, 'fail' as Verdict]),
    );
    expect(formatSummary(reportOf('bad', many), plain).split('\n').length).toBeLessThan(250);
  });

  test('counts in one line', () => {
    expect(formatCounts(report.cases, plain)).toBe('fail 1, non-strict 1, info 1, pass 1');
  });
});
