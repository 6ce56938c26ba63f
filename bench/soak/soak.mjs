import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { collectText, endChild, startChild } from '../children.mjs';
import { SoakCounts } from './soak-client.mjs';
import { trendOf } from './trend.mjs';

/**
 * Lets connections come and go, watches the server's memory, and prints what came of it.
 *
 * @param {import('./options.mjs').Options} options
 * @param {string} folder for what the server needs
 * @returns the exit status
 */
export async function soak(options, folder) {
  const liveFile = join(folder, 'live');
  writeFileSync(liveFile, '');
  const { server, url } = await startServer(options, folder, liveFile);
  const errors = collectText(server.stderr);
  const loads = startLoads(options, url);
  const startedAt = Date.now();
  const { samples, counts } = await watch(options, server, loads);
  for (const { child } of loads) child.kill('SIGKILL');
  if (server.exitCode !== null) {
    say(`the server ended: ${errors()}\n`);
    return 1;
  }
  await endChild(server);
  const isJudged = (/** @type {import('./trend.mjs').Sample} */ { atMs }) => atMs >= options.warmupMs;
  const resident = trendOf(samples.filter(isJudged));
  const live = trendOf(readLive(liveFile, startedAt).filter(isJudged));
  const report = { options, verdict: verdictOf(live, resident, options), live, resident, counts, samples };
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : render(report));
  return report.verdict === 'grows' ? 1 : 0;
}

/**
 * What is alive decides. What is resident follows it slowly, as allocators give back what they please; after some minutes it
 * shows what is not V8's.
 *
 * @param {import('./trend.mjs').Trend} live
 * @param {import('./trend.mjs').Trend} resident
 * @param {import('./options.mjs').Options} options
 */
function verdictOf(live, resident, { durationMs, warmupMs }) {
  if (resident.verdict === 'grows' && durationMs - warmupMs >= RESIDENT_JUDGED_MS) return 'grows';
  return live.verdict;
}

/**
 * What was alive after each collection.
 *
 * @param {string} file
 * @param {number} startedAt
 * @returns {import('./trend.mjs').Sample[]}
 */
function readLive(file, startedAt) {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [at = 0, bytes = 0] = line.split(' ').map(Number);
    return { atMs: at - startedAt, bytes };
  });
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {string} folder
 * @param {string} liveFile
 */
async function startServer({ broker }, folder, liveFile) {
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ broker, topics: TOPICS, logLevel: 'warn' }));
  const server = startChild(
    [
      process.execPath,
      '--expose-gc',
      '--import',
      COLLECT,
      COMMAND,
      'serve',
      '--port',
      '0',
      '--config',
      config,
    ],
    { cpu: null, environment: { IEUM_SOAK_FILE: liveFile } },
  );
  const [line] = await Promise.race([once(server.stdout, 'data'), once(server, 'exit')]);
  const [address = ''] = /http:\S+/.exec(String(line)) ?? [];
  if (address === '') throw new Error(`the server did not start: ${line}`);
  return { server, url: `${address.replace('http', 'ws')}/hub` };
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {string} url
 */
function startLoads({ connections, warmupMs }, url) {
  const each = Math.ceil(connections / LOADS);
  return Array.from({ length: LOADS }, (_, i) => {
    const count = Math.min(each, connections - i * each);
    const place = [
      i * each,
      count,
      Math.ceil(connections / CLIENTS_PER_TOPIC),
      Math.min(warmupMs / 2, 20_000),
    ];
    const child = fork(LOAD_PROCESS, [url, ...place.map(String)]);
    const load = { child, counts: new SoakCounts() };
    child.on('message', (counts) => {
      load.counts = /** @type {SoakCounts} */ (counts);
    });
    const endWithUs = () => child.kill('SIGKILL');
    process.on('exit', endWithUs);
    child.on('exit', () => process.off('exit', endWithUs));
    return load;
  });
}

/**
 * Samples the server's memory once a second.
 *
 * @param {import('./options.mjs').Options} options
 * @param {import('node:child_process').ChildProcess} server
 * @param {readonly { counts: SoakCounts }[]} loads
 */
async function watch({ durationMs, warmupMs }, server, loads) {
  const startedAt = performance.now();
  /** @type {import('./trend.mjs').Sample[]} */
  const samples = [];
  let counts = new SoakCounts();
  let toldAtMs = 0;
  for (let atMs = 0; atMs < durationMs && server.exitCode === null; atMs = performance.now() - startedAt) {
    const bytes = residentBytes(/** @type {number} */ (server.pid));
    samples.push({ atMs: Math.round(atMs), bytes });
    counts = sumOf(loads.map((load) => load.counts));
    if (atMs - toldAtMs >= TELL_EVERY_MS) {
      toldAtMs = atMs;
      const phase = atMs < warmupMs ? 'warm-up' : 'judged';
      say(
        `[${clock(atMs)} of ${clock(durationMs)}, ${phase}] ${mebibytes(bytes)}, ${counts.open} open, ${counts.connections} so far, ${counts.errors} errors\n`,
      );
    }
    await delay(1_000);
  }
  return { samples, counts };
}

/** @param {number} pid */
function residentBytes(pid) {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** @param {readonly SoakCounts[]} all */
function sumOf(all) {
  const sum = new SoakCounts();
  for (const counts of all) {
    for (const name of /** @type {(keyof SoakCounts)[]} */ (Object.keys(sum))) sum[name] += counts[name];
  }
  return sum;
}

/** @param {{ options: import('./options.mjs').Options, verdict: keyof typeof VERDICTS, live: import('./trend.mjs').Trend, resident: import('./trend.mjs').Trend, counts: SoakCounts }} report */
function render({ options, verdict, live, resident, counts }) {
  /** @type {[string, string][]} */
  const rows = [
    ['broker', options.broker],
    ['duration', `${clock(options.durationMs)}, judged after ${clock(options.warmupMs)}`],
    ['connections', `${options.connections} at a time, ${counts.connections} in all`],
    ['publications', `${counts.published}, ${counts.deliveries} deliveries`],
    ['came back', `${counts.recovered} recovered, ${counts.gaps} gaps`],
    ['errors', String(counts.errors)],
    ['alive', describe(live)],
    ['resident', describe(resident)],
    ['verdict', VERDICTS[verdict]],
  ];
  return `${rows.map(([name, value]) => `${name.padEnd(14)}${value}`).join('\n')}\n`;
}

/** @param {import('./trend.mjs').Trend} trend */
function describe({ meanBytes, bytesPerHour, uncertainty, boundPerHour, verdict }) {
  const slope = `${mebibytes(bytesPerHour)} ± ${mebibytes(uncertainty)} in an hour`;
  return `${mebibytes(meanBytes)}, slope ${slope} (bound ${mebibytes(boundPerHour)}): ${verdict}`;
}

/** @param {number} bytes */
function mebibytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** @param {number} ms */
function clock(ms) {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** @param {string} text */
function say(text) {
  process.stderr.write(text);
}

const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/ieum.js', import.meta.url));
const LOAD_PROCESS = fileURLToPath(new URL('load-process.mjs', import.meta.url));
const COLLECT = new URL('collect.mjs', import.meta.url).href;
const LOADS = 2;
/** From then on what is resident counts. */
const RESIDENT_JUDGED_MS = 600_000;
const CLIENTS_PER_TOPIC = 10;
const TELL_EVERY_MS = 5_000;
/**
 * What is kept for a time is gone soon, so that memory stands still soon. Where a topic stood that keeps history is known for an
 * hour after it, so topics that come once keep none.
 */
const TOPICS = {
  'room/*': { history: { maxMessages: 100, maxAgeMs: 20_000 }, idempotencyMs: 20_000, presence: true },
  'once/*': { history: false, idempotencyMs: 20_000, presence: true },
};
const VERDICTS = {
  steady: 'steady: memory does not grow',
  grows: 'it grows',
  unclear: 'not clear: more time would tell',
};
