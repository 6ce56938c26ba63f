import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { helpText, OptionsError, parseOptions } from './options.mjs';
import { hasProcFilesystem } from './process-usage.mjs';
import { figureOf, formatNumber, renderTables, summarize } from './report.mjs';
import { canPin, runLoad, ServerProcess } from './server-process.mjs';

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (!options) return 2;
  if (options.help) {
    process.stdout.write(helpText);
    return 0;
  }
  if (!hasProcFilesystem()) {
    progress('CPU time and memory of the servers are read from /proc, which this system does not have\n');
    return 1;
  }
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));

  const environment = describeEnvironment();
  progress(`${environment.summary}\n`);
  const runs = await runAll(options);
  const summaries = summarize(runs);
  const tables = `${environment.summary}\n\n${renderTables(summaries)}`;
  process.stdout.write(
    options.json ? `${JSON.stringify({ environment, summaries, runs }, null, 2)}\n` : tables,
  );
  return runs.some(({ type }) => type === 'failed') ? 1 : 0;
}

/** @param {string[]} args */
function readOptions(args) {
  try {
    return parseOptions(args);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    progress(`${error.message}\n(node bench/run.mjs --help lists the options)\n`);
    return undefined;
  }
}

/**
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<import('./report.mjs').Run[]>}
 */
async function runAll(options) {
  /** @type {import('./report.mjs').Run[]} */
  const runs = [];
  for (const workload of options.workloadNames) {
    for (let round = 1; round <= options.rounds; round++) {
      for (const server of options.serverNames) {
        progress(`${workload} ${round}/${options.rounds} ${server} … `);
        const run = { workload, server, round, ...(await runOnce(workload, server, options)) };
        progress(`${outcome(run)}\n`);
        runs.push(run);
      }
    }
  }
  return runs;
}

/**
 * @param {string} workloadName
 * @param {string} serverName
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<{ type: 'done', result: import('./report.mjs').Result } | { type: 'failed', reason: string }>}
 */
async function runOnce(workloadName, serverName, { seconds, warmupSeconds }) {
  try {
    const server = await ServerProcess.start(serverName, workloadName);
    try {
      const { port, pid } = server;
      const result = await runLoad({ workloadName, port, serverPid: pid, warmupSeconds, seconds });
      return { type: 'done', result };
    } finally {
      await server.end();
    }
  } catch (error) {
    return { type: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** @param {import('./report.mjs').Run} run */
function outcome(run) {
  if (run.type === 'failed') return `failed: ${run.reason}`;
  const unit = run.result.type === 'memory' ? 'bytes/connection' : 'msgs/CPU-s';
  return `${formatNumber(figureOf(run.result))} ${unit}`;
}

function describeEnvironment() {
  const require = createRequire(import.meta.url);
  const versions = {
    node: process.versions.node,
    ws: require('ws/package.json').version,
    bufferutil: require('bufferutil/package.json').version,
  };
  const cpu = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const isPinned = canPin();
  const pinning = isPinned ? 'server on CPU 0, load on CPU 1' : 'not pinned to CPUs';
  const summary = `Node ${versions.node}, ws ${versions.ws} with bufferutil ${versions.bufferutil}; ${cpu}; ${pinning}`;
  return { versions, cpu, isPinned, summary };
}

/** @param {string} text */
function progress(text) {
  process.stderr.write(text);
}
