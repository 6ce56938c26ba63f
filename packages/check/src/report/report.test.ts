import { describe, expect, test } from 'vitest';

import { caseOf } from '../../../../test/support/judged-peer.js';
import { reportOf } from '../../../../test/support/made-report.js';

import { countVerdicts, createReport, parseReport } from './report.js';

const about = { agent: 'a', peer: 'server', carrier: 'http1', url: 'ws://x/' } as const;

describe('a report', () => {
  test('has the cases in their order, and those only that have a result', () => {
    const cases = ['one', 'two', 'three'].map((id) => caseOf(() => {}, { id }));
    const results = ['three', 'one'].map(
      (id) => ({ id, verdict: 'pass', text: '', durationMs: 1, log: [] }) as const,
    );
    const report = createReport({ ...about, startedAt: new Date(), cases, results });
    expect(report.cases.map(({ id, sends }) => [id, sends])).toEqual([
      ['one', 'something'],
      ['three', 'something'],
    ]);
  });

  test('counts its verdicts', () => {
    const { cases } = reportOf('a', { a: 'pass', b: 'pass', c: 'fail' });
    expect(countVerdicts(cases)).toEqual({ pass: 2, info: 0, 'non-strict': 0, fail: 1 });
  });

  test('is read as it was written', () => {
    const report = reportOf('a', { a: 'pass', b: 'fail' });
    expect(parseReport(JSON.stringify(report))).toEqual(report);
  });

  const right = reportOf('a', { a: 'fail' });
  test.each<[string, unknown]>([
    ['no object', null],
    ['a list', [right]],
    ['another format', { ...right, format: 'junit' }],
    ['another version', { ...right, version: 2 }],
    ['no agent', { ...right, agent: undefined }],
    ['another role', { ...right, peer: 'proxy' }],
    ['no cases', { ...right, cases: {} }],
    ['a verdict that is none', { ...right, cases: [{ ...right.cases[0], verdict: 'ok' }] }],
    ['a case without a title', { ...right, cases: [{ ...right.cases[0], title: 5 }] }],
    ['a case that is none', { ...right, cases: [null] }],
    ['a log that is none', { ...right, cases: [{ ...right.cases[0], log: 'x' }] }],
    ['a log entry that is none', { ...right, cases: [{ ...right.cases[0], log: [{}] }] }],
  ])('with %s is not read', (_what, value) => {
    expect(() => parseReport(JSON.stringify(value))).toThrow(TypeError);
  });

  test('that is no JSON is not read', () => {
    expect(() => parseReport('<xml>')).toThrow(TypeError);
  });
});
