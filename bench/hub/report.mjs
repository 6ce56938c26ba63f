import { median } from '../statistics.mjs';
import { referenceName } from './stacks.mjs';
import { findWorkload } from './workloads.mjs';

/**
 * @typedef {import('./load.mjs').HubLoadResult} Result
 *
 * @typedef {{ workload: string, stack: string, round: number } & (
 *   | { type: 'done', result: Result, otherCpus: number }
 *   | { type: 'failed', reason: string })} HubRun
 *
 * @typedef {object} HubSummary one workload
 * @property {string} workload
 * @property {StackSummary[]} stacks
 *
 * @typedef {object} StackSummary one stack in one workload: medians over the rounds
 * @property {string} stack
 * @property {number | undefined} figure deliveries per CPU second of both nodes
 * @property {number | undefined} lowest
 * @property {number | undefined} highest
 * @property {number | undefined} ratio to Socket.IO with its Redis adapter
 * @property {boolean | undefined} isReached whether the ratio is what the workload asks for; undefined where nothing is asked
 * @property {number | undefined} deliveriesPerSecond
 * @property {number | undefined} p50Us
 * @property {number | undefined} p99Us
 * @property {number | undefined} p999Us
 * @property {number | undefined} nodeUse share of a CPU, of both nodes together
 * @property {number | undefined} brokerUse
 * @property {number | undefined} loadUse
 * @property {number | undefined} otherCpus how many CPUs the machine spent on other things in the meantime
 * @property {string[]} failures
 */

/**
 * @param {HubRun[]} runs
 * @returns {HubSummary[]}
 */
export function summarize(runs) {
  return [...new Set(runs.map(({ workload }) => workload))].map((workload) => {
    const own = runs.filter((run) => run.workload === workload);
    const names = [...new Set(own.map(({ stack }) => stack))];
    const summaries = names.map((stack) =>
      summarizeStack(
        stack,
        own.filter((run) => run.stack === stack),
      ),
    );
    const base = summaries.find(({ stack }) => stack === referenceName)?.figure;
    const { target } = findWorkload(workload);
    return { workload, stacks: summaries.map((summary) => compare(summary, base, target)) };
  });
}

/** @param {Result} result */
export function figureOf({ deliveries, nodeCpuSeconds }) {
  return deliveries / nodeCpuSeconds;
}

/**
 * @param {string} stack
 * @param {HubRun[]} runs
 * @returns {StackSummary}
 */
function summarizeStack(stack, runs) {
  const done = runs.flatMap((run) => (run.type === 'done' ? [run] : []));
  /** @param {(result: Result) => number} valueIn */
  const middle = (valueIn) => median(done.map(({ result }) => valueIn(result)));
  const figures = done.map(({ result }) => figureOf(result));
  return {
    stack,
    figure: median(figures),
    lowest: figures.length === 0 ? undefined : Math.min(...figures),
    highest: figures.length === 0 ? undefined : Math.max(...figures),
    ratio: undefined,
    isReached: undefined,
    deliveriesPerSecond: middle(({ deliveries, seconds }) => deliveries / seconds),
    p50Us: middle(({ latencyUs }) => latencyUs.p50),
    p99Us: middle(({ latencyUs }) => latencyUs.p99),
    p999Us: middle(({ latencyUs }) => latencyUs.p999),
    nodeUse: middle(({ nodeCpuSeconds, seconds }) => nodeCpuSeconds / seconds),
    brokerUse: middle(({ brokerCpuSeconds, seconds }) => brokerCpuSeconds / seconds),
    loadUse: middle(({ loadCpuSeconds, seconds }) => loadCpuSeconds / seconds),
    otherCpus: median(done.map(({ otherCpus }) => otherCpus)),
    failures: runs.flatMap((run) => (run.type === 'failed' ? [run.reason] : [])),
  };
}

/**
 * @param {StackSummary} summary
 * @param {number | undefined} base
 * @param {number | null} target
 * @returns {StackSummary}
 */
function compare(summary, base, target) {
  if (summary.figure === undefined || base === undefined) return summary;
  const ratio = summary.figure / base;
  return { ...summary, ratio, isReached: target === null ? undefined : ratio >= target };
}
