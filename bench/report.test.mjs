import { describe, expect, test } from 'vitest';
import { summarize } from './report.mjs';
import { renderTables } from './tables.mjs';
import { findWorkload } from './workloads.mjs';

describe('a summary', () => {
  test('has medians, extremes and ratios of medians to ws', () => {
    const [summary] = summarize([
      ...rounds('echo20', 'ieum', [150, 90, 300]),
      ...rounds('echo20', 'ws', [100, 50, 120]),
    ]);
    expect(summary).toMatchObject({ workload: 'echo20', unit: 'msgs/CPU-s', reference: 'ws' });
    expect(summary?.servers).toMatchObject([
      { server: 'ieum', figure: 150, lowest: 90, highest: 300, ratio: 1.5, failures: [] },
      { server: 'ws', figure: 100, lowest: 50, highest: 120, ratio: 1, failures: [] },
    ]);
  });

  test('of an even number of rounds has the mean of the two in the middle', () => {
    const [summary] = summarize(rounds('echo20', 'ws', [1, 10, 4, 2]));
    expect(summary?.servers[0]?.figure).toBe(3);
  });

  test('refers to the first server where ws did not run', () => {
    const [summary] = summarize([...rounds('pipe32', 'bun', [20]), ...rounds('pipe32', 'ieum', [10])]);
    expect(summary?.reference).toBe('bun');
    expect(summary?.servers[1]?.ratio).toBe(0.5);
    expect(summary?.verdict).toBeUndefined();
  });

  test.each([
    ['idle', 'bytes/connection'],
    ['latency', 'p99 µs'],
    ['connect', 'msgs/CPU-s'],
  ])('of %s is in %s', (workload, unit) => {
    const [summary] = summarize(rounds(workload, 'ws', [123]));
    expect(summary).toMatchObject({ unit, servers: [{ figure: 123 }] });
  });

  test('keeps the workloads apart, in the order in which they ran', () => {
    const runs = [...rounds('idle', 'ws', [1]), ...rounds('echo20', 'ws', [2])];
    expect(summarize(runs).map(({ workload }) => workload)).toEqual(['idle', 'echo20']);
  });

  test('counts failed runs and leaves them out of the medians', () => {
    const [summary] = summarize([
      ...rounds('echo20', 'ws', [100]),
      ...rounds('echo20', 'ieum', [200]),
      failed('echo20', 'ieum', 'a wrong reply'),
    ]);
    expect(summary?.servers[1]).toMatchObject({ figure: 200, ratio: 2, failures: ['a wrong reply'] });
  });

  test('of nothing but failed runs has no figure, no ratio and no verdict', () => {
    const [summary] = summarize([failed('echo20', 'ieum', 'gone'), failed('echo20', 'ws', 'gone')]);
    expect(summary?.servers[0]).toMatchObject({ figure: undefined, ratio: undefined, details: undefined });
    expect(summary?.verdict).toBeUndefined();
  });
});

describe('the verdict', () => {
  test.each([
    ['echo20', 1.4, 1, true, 0],
    ['echo20', 1.39, 1, false, -0.00714],
    ['pipe32', 22, 2, true, 0],
    ['pipe32', 21, 2, false, -0.04545],
    ['broadcast1kp8', 10, 1, true, 0.25],
    ['idle', 0.75, 1, true, 0],
    ['idle', 0.6, 1, true, 0.2],
    ['idle', 0.9, 1, false, -0.2],
    ['latency', 1, 1, true, 0],
    ['latency', 1.1, 1, false, -0.1],
  ])('of %s with %d beside %d of ws', (workload, ieum, ws, isReached, margin) => {
    const [summary] = summarize([...rounds(workload, 'ws', [ws]), ...rounds(workload, 'ieum', [ieum])]);
    expect(summary?.verdict).toMatchObject({ isReached, target: findWorkload(workload).target });
    expect(summary?.verdict?.ratio).toBeCloseTo(ieum / ws, 10);
    expect(summary?.verdict?.margin).toBeCloseTo(margin, 4);
  });
});

describe('the tables', () => {
  test('mark what is reached and what is missed, beside what is to be reached', () => {
    const tables = renderTables(
      summarize([
        ...rounds('echo20', 'ieum', [210_000]),
        ...rounds('echo20', 'ws', [100_000]),
        ...rounds('idle', 'ieum', [9000]),
        ...rounds('idle', 'ws', [10_000]),
        ...rounds('idle', 'bun', [2000]),
      ]),
    );
    expect(rowsOf(tables, 'Ratios to ws')).toEqual([
      ['workload', 'figure', 'ws', 'ieum', 'to reach', 'verdict', 'bun'],
      ['echo20', 'msgs/CPU-s', '100,000', '**2.10**', 'at least 1.4', '✓ +50 %', '–'],
      ['idle', 'bytes/connection', '10,000', '**0.90**', 'at most 0.75', '**✗ −20 %**', '0.20'],
    ]);
  });

  test('have one for each workload, with what else was measured', () => {
    const tables = renderTables(
      summarize([...rounds('echo20', 'ieum', [300, 100]), ...rounds('echo20', 'ws', [100])]),
    );
    const [, ieum, ws] = rowsOf(tables, 'echo20');
    expect(ieum?.slice(0, 6)).toEqual(['ieum', '200', '100–300', '2.00', 'at least 1.4', '✓ +43 %']);
    expect(ws?.slice(0, 6)).toEqual(['ws', '100', '100–100', '1.00', '', '']);
    expect(ws?.slice(6)).toEqual(['4,000', '250', '900', '90 %', '50 %', '1.5', '4 %', '0']);
  });

  test('say how much a latency was asked for', () => {
    const tables = renderTables(summarize(rounds('latency', 'ws', [500])));
    const [columns = [], ws = []] = rowsOf(tables, 'latency');
    expect(ws[columns.indexOf('asked msgs/s')]).toBe('5,000');
  });

  test('name the reason of a failed run, without breaking the table', () => {
    const tables = renderTables(summarize([failed('echo20', 'ws', 'a | b\nc')]));
    expect(rowsOf(tables, 'echo20')[1]?.at(-1)).toBe('1: a / b c');
  });

  test('doubt a server that used little of its CPU, though not where that was asked for', () => {
    const lazy = (/** @type {string} */ workload) =>
      rounds(workload, 'ws', [100]).map((run) => ({
        ...run,
        result: { ...run.result, server: { ...run.result.server, cpuSeconds: 0.2 } },
      }));
    expect(renderTables(summarize(lazy('echo20')))).toContain('Not reliable: ws used less');
    expect(renderTables(summarize(lazy('latency')))).not.toContain('Not reliable');
    expect(renderTables(summarize(rounds('echo20', 'ws', [100])))).not.toContain('Not reliable');
  });

  test('doubt a latency that was measured beside other work, though no other figure', () => {
    const disturbed = (/** @type {string} */ workload) =>
      rounds(workload, 'ws', [100]).map((run) => ({ ...run, otherCpus: 0.4 }));
    expect(renderTables(summarize(disturbed('latency')))).toContain('Not reliable: the machine did other');
    expect(renderTables(summarize(disturbed('echo20')))).not.toContain('Not reliable');
    expect(renderTables(summarize(disturbed('idle')))).not.toContain('Not reliable');
  });
});

/**
 * Rounds of one server in which the figure that counts was one after the other of these.
 *
 * @param {string} workload
 * @param {string} server
 * @param {number[]} figures
 */
function rounds(workload, server, figures) {
  return figures.map((figure, index) => ({
    workload,
    server,
    round: index + 1,
    type: /** @type {const} */ ('done'),
    otherCpus: 0.04,
    result: {
      connections: 100,
      rate: workload === 'latency' ? 5000 : null,
      seconds: 2,
      messages: 8000,
      messagesPerSecond: 4000,
      latencyUs: { p50: 250, p90: 400, p99: workload === 'latency' ? figure : 900, p999: 1000, max: 2000 },
      load: { cpuSeconds: 1, messagesPerRead: 1.5 },
      server: {
        cpuSeconds: 1.8,
        messagesPerCpuSecond: figure,
        residentBytes: { before: 1, after: 2 },
        residentBytesPerConnection: figure,
      },
    },
  }));
}

/**
 * @param {string} workload
 * @param {string} server
 * @param {string} reason
 * @returns {import('./report.mjs').Run}
 */
function failed(workload, server, reason) {
  return { workload, server, round: 1, type: 'failed', reason };
}

/**
 * The cells of the table under a heading, without the line that aligns them.
 *
 * @param {string} tables
 * @param {string} heading
 */
function rowsOf(tables, heading) {
  const section = tables.split(/^### /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const rows = lines.map((line) => line.slice(2, -2).split(' | '));
  return rows.filter((_, index) => index !== 1);
}
