import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bunVersion } from './bun.mjs';

/**
 * @typedef {object} Machine where and what was measured
 * @property {string} cpu
 * @property {number} cpuCount
 * @property {number} memoryBytes
 * @property {string} kernel
 * @property {number} loadAverage before the first run: what else the machine was doing
 * @property {Record<string, string>} versions
 * @property {string} commit
 * @property {string} date
 */

/**
 * @param {{ serverNames: string[] }} measured
 * @returns {Machine}
 */
export function describeMachine({ serverNames }) {
  const require = createRequire(import.meta.url);
  const hasBun = serverNames.includes('bun');
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cpuCount: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    loadAverage: loadavg()[0] ?? 0,
    versions: {
      ieum: JSON.parse(readFileSync(`${REPOSITORY}packages/ieum/package.json`, 'utf8')).version,
      Node: process.versions.node,
      ...(hasBun ? { Bun: bunVersion() } : {}),
      ws: require('ws/package.json').version,
      bufferutil: require('bufferutil/package.json').version,
    },
    commit: describeCommit(),
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
  };
}

/**
 * The description as a Markdown table, with rows of the caller's behind it.
 *
 * @param {Machine} machine
 * @param {[name: string, value: string][]} rows
 */
export function renderMachine(machine, rows) {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  /** @type {[string, string][]} */
  const all = [
    ['CPU', `${machine.cpu}, ${machine.cpuCount} cores`],
    ['memory', `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
    ['kernel', machine.kernel],
    ['load average before', machine.loadAverage.toFixed(2)],
    ['versions', versions.join(', ')],
    ['commit', machine.commit],
    ['date', `${machine.date} UTC`],
    ...rows,
  ];
  return `| | |\n| --- | --- |\n${all.map(([name, value]) => `| ${name} | ${value} |\n`).join('')}`;
}

function describeCommit() {
  const commit = git(['rev-parse', '--short=10', 'HEAD']);
  if (commit === undefined) return 'unknown';
  const changes = git([
    'status',
    '--porcelain',
    '--',
    'packages/*/src',
    'bench/servers',
    'package-lock.json',
  ]);
  return changes ? `${commit}, with changes that are not committed` : commit;
}

/** @param {string[]} args */
function git(args) {
  const { status, stdout } = spawnSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

const REPOSITORY = fileURLToPath(new URL('../', import.meta.url));
