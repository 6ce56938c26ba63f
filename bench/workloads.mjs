/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {'echo' | 'broadcast' | 'connect' | 'idle'} scenario of `ieum bench`
 * @property {'throughput' | 'memory' | 'latency'} figure what servers are compared by
 * @property {Target} target what ieum has to reach
 * @property {string} path where the server does what this workload needs
 * @property {number} connections
 * @property {number} payloadBytes
 * @property {'text' | 'binary'} payloadType
 * @property {boolean} compressed whether clients offer permessage-deflate, and the server grants it; text is JSON then
 * @property {number} idleMessages what a connection has echoed before it is idle
 * @property {number} mostRounds what takes long and comes out alike is measured so many times at most
 * @property {number} inFlight messages on their way per connection; publishes in a broadcast
 * @property {string} about one line for people
 *
 * @typedef {object} Target a ratio to ws in the same run
 * @property {'atLeast' | 'atMost'} type
 * @property {number} ratio
 */

/** @type {readonly Workload[]} */
export const workloads = [
  echo('echo20', { target: atLeast(1.4), about: '20-byte text, 100 connections, 1 in flight' }),
  echo('pipe32', {
    inFlight: 32,
    target: atLeast(11),
    about: '20-byte text, 100 connections, 32 in flight',
  }),
  echo('echo125b', {
    payloadBytes: 125,
    payloadType: 'binary',
    connections: 1000,
    target: atLeast(1.35),
    about: '125-byte binary, 1,000 connections, 1 in flight',
  }),
  echo('echo1k', {
    payloadBytes: 1024,
    target: atLeast(1.35),
    about: '1 KiB text, 100 connections, 1 in flight',
  }),
  echo('echo16k', {
    payloadBytes: 16 * 1024,
    connections: 50,
    target: atLeast(1.5),
    about: '16 KiB text, 50 connections, 1 in flight',
  }),
  echo('echo1m', {
    payloadBytes: 1024 * 1024,
    payloadType: 'binary',
    connections: 4,
    target: atLeast(1.5),
    about: '1 MiB binary, 4 connections, 1 in flight',
  }),
  broadcast('broadcast1k', {
    target: atLeast(1.3),
    about: '64-byte text to 1,000 connections, one publish at a time (deliveries)',
  }),
  broadcast('broadcast5k', {
    connections: 5000,
    target: atLeast(1.3),
    about: '64-byte text to 5,000 connections, one publish at a time (deliveries)',
  }),
  broadcast('broadcast1kp8', {
    inFlight: 8,
    target: atLeast(8),
    about: '64-byte text to 1,000 connections, eight publishes in flight (deliveries)',
  }),
  echo('connect', {
    scenario: 'connect',
    connections: 50,
    target: atLeast(1.7),
    about: 'opening and closing handshakes, 50 at a time',
  }),
  echo('idle', {
    scenario: 'idle',
    figure: 'memory',
    connections: 10_000,
    target: atMost(0.75),
    about: '10,000 idle connections: resident memory of each',
  }),
  echo('deflate', {
    compressed: true,
    payloadBytes: 512,
    connections: 50,
    target: atLeast(3),
    about: '512-byte JSON, compressed, 50 connections, 1 in flight',
  }),
  echo('deflate-memory', {
    scenario: 'idle',
    figure: 'memory',
    compressed: true,
    payloadBytes: 512,
    connections: 1000,
    idleMessages: 1000,
    mostRounds: 1,
    target: atMost(0.5),
    about: '1,000 connections that have each exchanged 1,000 compressed messages: resident memory of each',
  }),
  echo('latency', {
    figure: 'latency',
    target: atMost(1),
    about: '20-byte text on 100 connections at half the rate that ws can take: p99',
  }),
];

export const defaultWorkloadNames = ['echo20', 'pipe32', 'broadcast1k'];

/** What an open loop asks of every server, as a share of what ws does in a closed one. */
export const LATENCY_LOAD = 0.5;

/** @param {string} name */
export function findWorkload(name) {
  const found = workloads.find((workload) => workload.name === name);
  if (!found) throw new Error(`no workload ${name}`);
  return found;
}

/**
 * `echo20` with some of it changed.
 *
 * @param {string} name
 * @param {Partial<Workload> & Pick<Workload, 'target' | 'about'>} changes
 * @returns {Workload}
 */
function echo(name, changes) {
  return {
    name,
    scenario: 'echo',
    figure: 'throughput',
    path: '/echo',
    connections: 100,
    payloadBytes: 20,
    payloadType: 'text',
    compressed: false,
    idleMessages: 1,
    mostRounds: Number.POSITIVE_INFINITY,
    inFlight: 1,
    ...changes,
  };
}

/**
 * `broadcast1k` with some of it changed.
 *
 * @param {string} name
 * @param {Partial<Workload> & Pick<Workload, 'target' | 'about'>} changes
 */
function broadcast(name, changes) {
  return echo(name, {
    scenario: 'broadcast',
    path: '/broadcast',
    payloadBytes: 64,
    connections: 1000,
    ...changes,
  });
}

/**
 * @param {number} ratio
 * @returns {Target}
 */
function atLeast(ratio) {
  return { type: 'atLeast', ratio };
}

/**
 * @param {number} ratio
 * @returns {Target}
 */
function atMost(ratio) {
  return { type: 'atMost', ratio };
}
