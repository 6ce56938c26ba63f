import type { ChaosReport } from './chaos-run.js';

/** A report as lines of text: every fault with its time, then the sums. */
export function formatReport({ kind, options, happened, counts, elapsedMs, ...report }: ChaosReport): string {
  const lines = happened.map(({ atMs, fault: { type, ...rest }, hit }) => {
    const details = Object.entries({ ...rest, ...(hit === null ? {} : { hit }) });
    return `${seconds(atMs).padStart(9)}  ${type.padEnd(20)} ${details.map((pair) => pair.join(' ')).join(', ')}`;
  });
  const sums: Record<string, unknown> = {
    seed: options.seed,
    clients: options.clients,
    connections: counts.connections,
    publications: `${report.publications}, ${counts.acknowledged} acknowledged, ${counts.duplicates} of them again`,
    deliveries: counts.deliveries,
    recovered: `${counts.recovered} subscriptions`,
    gaps: namesAndCounts(counts.gaps),
    refusals: namesAndCounts(counts.refusals),
    faults: namesAndCounts(countBy(happened.map(({ fault }) => fault.type))),
    took: seconds(elapsedMs),
    problems: report.problems.length,
  };
  const table = Object.entries(sums).map(([name, value]) => `  ${name.padEnd(14)}${value}`);
  return [
    `chaos on ${kind}`,
    ...lines,
    ...table,
    ...report.problems.slice(0, 20).map((one) => `  ! ${one}`),
    '',
  ].join('\n');
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function namesAndCounts(counts: Readonly<Record<string, number>>): string {
  return (
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
