/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {'echo' | 'broadcast' | 'connect' | 'idle'} kind
 * @property {string} path where the server does what this workload needs
 * @property {number} connections
 * @property {number} payloadBytes
 * @property {'text' | 'binary'} payloadType
 * @property {number} inFlight messages on their way per connection; publishes in a broadcast
 * @property {string} about one line for people
 */

/** @type {readonly Workload[]} */
export const workloads = [
  echo('echo20', { about: '20-byte text, 100 connections, 1 in flight' }),
  echo('pipe32', { inFlight: 32, about: '20-byte text, 100 connections, 32 in flight' }),
  echo('echo1k', { payloadBytes: 1024, about: '1 KiB text, 100 connections, 1 in flight' }),
  echo('echo16k', {
    payloadBytes: 16 * 1024,
    connections: 50,
    about: '16 KiB text, 50 connections, 1 in flight',
  }),
  echo('echo1m', {
    payloadBytes: 1024 * 1024,
    payloadType: 'binary',
    connections: 4,
    about: '1 MiB binary, 4 connections, 1 in flight',
  }),
  echo('broadcast1k', {
    kind: 'broadcast',
    path: '/broadcast',
    payloadBytes: 64,
    connections: 1000,
    about: '64-byte text to 1,000 connections, one publish at a time (deliveries)',
  }),
  echo('connect', {
    kind: 'connect',
    connections: 50,
    about: 'opening and closing handshakes, 50 at a time',
  }),
  echo('idle', { kind: 'idle', connections: 10_000, about: '10,000 idle connections after one echo each' }),
];

export const defaultWorkloadNames = ['echo20', 'pipe32', 'idle'];

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
 * @param {Partial<Workload>} changes
 * @returns {Workload}
 */
function echo(name, changes) {
  return {
    name,
    kind: 'echo',
    path: '/echo',
    connections: 100,
    payloadBytes: 20,
    payloadType: 'text',
    inFlight: 1,
    about: '',
    ...changes,
  };
}
