import { runLoad } from './load-process.mjs';
import { OtherWork } from './other-work.mjs';
import { Progress } from './progress.mjs';
import { figureOf, unitOf } from './report.mjs';
import { ServerProcess, serversFor } from './server-process.mjs';
import { formatNumber } from './statistics.mjs';
import { findWorkload, LATENCY_LOAD } from './workloads.mjs';

/**
 * @typedef {import('./options.mjs').Options} Options
 * @typedef {import('./report.mjs').Run} Run
 * @typedef {import('./workloads.mjs').Workload} Workload
 *
 * @typedef {object} Bench what all runs have in common
 * @property {Options} options
 * @property {boolean} isPinned
 * @property {Progress} progress
 */

/**
 * Runs every workload on every server in turn, round by round. A run that fails is part of what it returns.
 *
 * @param {Options} options
 * @param {boolean} isPinned
 * @returns {Promise<Run[]>}
 */
export async function measureAll(options, isPinned) {
  const workloads = options.workloadNames.map(findWorkload);
  const bench = { options, isPinned, progress: new Progress(planOf(workloads, options)) };
  const runs = [];
  for (const workload of workloads) {
    for (let round = 1; round <= roundsOf(workload, options); round++) {
      runs.push(...(await measureRound(workload, round, bench)));
    }
  }
  return runs;
}

/**
 * @param {Workload} workload
 * @param {number} round
 * @param {Bench} bench
 * @returns {Promise<Run[]>}
 */
async function measureRound(workload, round, bench) {
  const { options, progress } = bench;
  const title = `${workload.name} ${round}/${roundsOf(workload, options)}`;
  const plannedSeconds = runSeconds(workload, options);
  const asked = workload.figure === 'latency' ? await measureRate(workload, title, bench) : { rate: null };
  /** @type {Run[]} */
  const runs = [];
  for (const server of serversFor(workload, options.serverNames)) {
    const own = { workload: workload.name, server, round };
    progress.begin(`${title} ${server}`);
    try {
      if ('reason' in asked) throw new Error(asked.reason);
      const others = new OtherWork();
      const result = await runOnce(workload, { server, rate: asked.rate }, bench);
      const otherCpus = others.cpus;
      const figure = figureOf(workload, result);
      if (workload.figure !== 'memory' && !(figure > 0)) throw new Error(NOTHING_MEASURED);
      progress.end(`${formatNumber(figure)} ${unitOf(workload)}`, plannedSeconds);
      runs.push({ ...own, type: 'done', result, otherCpus });
    } catch (error) {
      const reason = messageOf(error);
      progress.end(`failed: ${reason}`, plannedSeconds);
      runs.push({ ...own, type: 'failed', reason });
    }
  }
  return runs;
}

/**
 * How many messages per second an open loop asks for: a share of what ws takes right now.
 *
 * @param {Workload} workload
 * @param {string} title
 * @param {Bench} bench
 * @returns {Promise<{ rate: number } | { reason: string }>}
 */
async function measureRate(workload, title, bench) {
  const plannedSeconds = runSeconds(workload, bench.options);
  bench.progress.begin(`${title}, what ws can take`);
  try {
    const { messagesPerSecond } = await runOnce(workload, { server: 'ws', rate: null }, bench);
    bench.progress.end(`${formatNumber(messagesPerSecond)} msgs/s`, plannedSeconds);
    return { rate: Math.max(1, Math.round(messagesPerSecond * LATENCY_LOAD)) };
  } catch (error) {
    const reason = `how much ws can take is not known: ${messageOf(error)}`;
    bench.progress.end(`failed: ${reason}`, plannedSeconds);
    return { reason };
  }
}

/**
 * @param {Workload} workload
 * @param {{ server: string, rate: number | null }} run
 * @param {Bench} bench
 */
async function runOnce(workload, { server: serverName, rate }, { options, isPinned }) {
  const { seconds, warmupSeconds, maxConnections } = options;
  const connections = Math.min(workload.connections, maxConnections);
  const inFlight = rate === null ? workload.inFlight : OPEN_LOOP_IN_FLIGHT;
  const server = await ServerProcess.start(serverName, workload.name, isPinned ? SERVER_CPU : null);
  try {
    const load = { workload: { ...workload, connections, inFlight }, rate, seconds, warmupSeconds };
    return await runLoad(server, load, isPinned ? LOAD_CPU : null);
  } finally {
    await server.end();
  }
}

/**
 * @param {Workload} workload
 * @param {Options} options
 */
function roundsOf({ mostRounds }, { rounds }) {
  return Math.min(mostRounds, rounds);
}

/**
 * @param {Workload[]} workloads
 * @param {Options} options
 */
function planOf(workloads, options) {
  const plan = { count: 0, seconds: 0 };
  for (const workload of workloads) {
    const perRound =
      serversFor(workload, options.serverNames).length + (workload.figure === 'latency' ? 1 : 0);
    const count = perRound * roundsOf(workload, options);
    plan.count += count;
    plan.seconds += count * runSeconds(workload, options);
  }
  return plan;
}

/**
 * @param {Workload} workload
 * @param {Options} options
 */
function runSeconds({ scenario, connections, idleMessages }, options) {
  const { seconds, warmupSeconds, maxConnections } = options;
  const messages = Math.min(connections, maxConnections) * idleMessages;
  return scenario === 'idle'
    ? IDLE_SECONDS + messages / IDLE_MESSAGES_PER_SECOND
    : seconds + warmupSeconds + START_SECONDS;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

const SERVER_CPU = 0;
const LOAD_CPU = 1;
/** What is due is sent, whether replies came or not; this many on a connection is as good as no limit. */
const OPEN_LOOP_IN_FLIGHT = 64;
const NOTHING_MEASURED = 'too little happened to measure: give it more --seconds';
const START_SECONDS = 1.5;
const IDLE_SECONDS = 15;
const IDLE_MESSAGES_PER_SECOND = 20_000;
