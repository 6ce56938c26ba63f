import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { canPin } from '../children.mjs';
import { OptionsError } from '../flags.mjs';
import { describeMachine, renderMachine } from '../machine.mjs';
import { hubHelpText, parseHubOptions } from './options.mjs';
import { installSocketIo, peerVersions } from './peers.mjs';
import { summarize } from './report.mjs';
import { measureAll } from './rounds.mjs';
import { findStack } from './stacks.mjs';
import { renderHubTables, renderPage } from './tables.mjs';
import { findWorkload } from './workloads.mjs';

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (!options) return 2;
  if (options.help) {
    process.stdout.write(hubHelpText);
    return 0;
  }
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  try {
    await prepare(options);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
  const isPinned = canPin();
  const machine = {
    ...describeMachine({ serverNames: [] }),
    versions: versionsOf(options),
  };
  const runs = await measureAll(options, isPinned);
  const summaries = summarize(runs);
  const report = `${renderMachine(machine, rowsOf(options, isPinned))}\n${renderHubTables(summaries)}`;
  process.stdout.write(
    options.json ? `${JSON.stringify({ machine, isPinned, summaries, runs }, null, 2)}\n` : report,
  );
  if (options.write) {
    writeFileSync(options.resultsPath, renderPage(report));
    say(`wrote ${options.resultsPath}\n`);
  }
  return runs.some(({ type }) => type === 'failed') ? 1 : 0;
}

/** @param {import('./options.mjs').HubOptions} options */
async function prepare({ stackNames, profileFolder }) {
  if (!existsSync('/proc/self/stat')) {
    throw new Error('CPU time is read from /proc, which this system does not have');
  }
  const brokers = new Set(stackNames.map((name) => `${findStack(name).broker}-server`));
  for (const broker of brokers) {
    if (spawnSync(broker, ['--version']).status !== 0) throw new Error(`${broker} is not installed`);
  }
  if (stackNames.some((name) => name.startsWith('socket.io'))) await installSocketIo(say);
  if (profileFolder !== undefined) mkdirSync(profileFolder, { recursive: true });
}

/** @param {import('./options.mjs').HubOptions} options */
function versionsOf({ stackNames }) {
  const { ieum = '', Node = '' } = describeMachine({ serverNames: [] }).versions;
  const brokers = new Set(stackNames.map((name) => findStack(name).broker));
  return {
    ieum,
    Node,
    ...peerVersions(),
    ...Object.fromEntries([...brokers].map((name) => [`${name}-server`, brokerVersion(name)])),
  };
}

/** @param {string} name */
function brokerVersion(name) {
  const { stdout } = spawnSync(`${name}-server`, ['--version'], { encoding: 'utf8' });
  return /v=?(\d[\d.]*)/.exec(stdout)?.[1] ?? 'unknown';
}

/**
 * @param {import('./options.mjs').HubOptions} options
 * @param {boolean} isPinned
 * @returns {[string, string][]}
 */
function rowsOf({ rounds, seconds, warmupSeconds, maxSubscribers, workloadNames, profileFolder }, isPinned) {
  const isLimited = workloadNames.some((name) => findWorkload(name).subscribers > maxSubscribers);
  return [
    ['pinned', isPinned ? 'both nodes on CPU 0, broker and load on CPU 1' : 'no'],
    ['rounds', `${rounds}, interleaved; ${seconds} s each after ${warmupSeconds} s of warm-up`],
    ...(isLimited
      ? /** @type {[string, string][]} */ ([['no result', `at most ${maxSubscribers} subscribers`]])
      : []),
    ...(profileFolder === undefined
      ? []
      : /** @type {[string, string][]} */ ([['no result', 'nodes were profiled']])),
  ];
}

/** @param {string[]} args */
function readOptions(args) {
  try {
    return parseHubOptions(args);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    say(`${error.message}\n(node bench/hub/run.mjs --help lists the options)\n`);
    return undefined;
  }
}

/** @param {string} text */
function say(text) {
  process.stderr.write(text);
}
