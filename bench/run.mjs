import { existsSync } from 'node:fs';
import { installBun } from './bun.mjs';
import { canPin } from './children.mjs';
import { OptionsError } from './flags.mjs';
import { describeMachine, renderMachine } from './machine.mjs';
import { helpText, parseOptions } from './options.mjs';
import { summarize } from './report.mjs';
import { writeResults } from './results-file.mjs';
import { measureAll } from './rounds.mjs';
import { renderTables } from './tables.mjs';
import { findWorkload } from './workloads.mjs';

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (!options) return 2;
  if (options.help) {
    process.stdout.write(helpText);
    return 0;
  }
  if (!existsSync('/proc/self/stat')) {
    say('CPU time and memory of the servers are read from /proc, which this system does not have\n');
    return 1;
  }
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  try {
    if (options.serverNames.includes('bun')) await installBun(say);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
  return await measureAndReport(options);
}

/** @param {import('./options.mjs').Options} options */
async function measureAndReport(options) {
  const isPinned = canPin();
  const machine = describeMachine(options);
  const runs = await measureAll(options, isPinned);
  const summaries = summarize(runs);
  const { workloadNames, serverNames, rounds, seconds, warmupSeconds, maxConnections } = options;
  const settings = { workloadNames, serverNames, rounds, seconds, warmupSeconds, maxConnections };
  /** @type {[string, string][]} */
  const limits = isLimited(options)
    ? [['no result', `at most ${maxConnections} connections were opened`]]
    : [];
  const report = `${renderMachine(machine, [
    ['pinned', isPinned ? 'server on CPU 0, load on CPU 1' : 'no'],
    ['rounds', `${rounds}, interleaved; ${seconds} s each after ${warmupSeconds} s of warm-up`],
    ...limits,
  ])}\n${renderTables(summaries)}`;
  process.stdout.write(
    options.json ? `${JSON.stringify({ machine, isPinned, settings, summaries, runs }, null, 2)}\n` : report,
  );
  if (options.write) {
    writeResults(options.resultsPath, report);
    say(`wrote ${options.resultsPath}\n`);
  }
  return runs.some(({ type }) => type === 'failed') ? 1 : 0;
}

/** @param {import('./options.mjs').Options} options */
function isLimited({ workloadNames, maxConnections }) {
  return workloadNames.some((name) => findWorkload(name).connections > maxConnections);
}

/** @param {string[]} args */
function readOptions(args) {
  try {
    return parseOptions(args);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    say(`${error.message}\n(node bench/run.mjs --help lists the options)\n`);
    return undefined;
  }
}

/** @param {string} text */
function say(text) {
  process.stderr.write(text);
}
