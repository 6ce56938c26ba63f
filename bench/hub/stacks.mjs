/**
 * @typedef {object} Stack something that fans out through a broker, as two server processes
 * @property {string} name
 * @property {string} server the program in `servers/`
 * @property {'redis' | 'nats'} broker
 * @property {import('./dialects.mjs').DialectName} dialect
 * @property {Record<string, string>} environment for the program
 * @property {string} about
 */

/** @type {readonly Stack[]} */
export const stacks = [
  {
    name: 'ieum',
    server: 'ieum.mjs',
    broker: 'redis',
    dialect: 'ieum',
    environment: {},
    about: 'the hub as it is by default: history, order, no publication twice',
  },
  {
    name: 'ieum-light',
    server: 'ieum.mjs',
    broker: 'redis',
    dialect: 'ieum',
    environment: { HISTORY: 'none' },
    about: 'the hub on a topic that keeps nothing, like the others',
  },
  {
    name: 'socket.io',
    server: 'socket-io.mjs',
    broker: 'redis',
    dialect: 'socket.io',
    environment: {},
    about: 'a room of Socket.IO, with createAdapter of @socket.io/redis-adapter',
  },
  {
    name: 'socket.io-sharded',
    server: 'socket-io.mjs',
    broker: 'redis',
    dialect: 'socket.io',
    environment: { ADAPTER: 'sharded' },
    about: 'the same with its createShardedAdapter',
  },
  {
    name: 'ieum-nats',
    server: 'ieum.mjs',
    broker: 'nats',
    dialect: 'ieum',
    environment: {},
    about: 'the hub on NATS JetStream',
  },
];

export const stackNames = stacks.map(({ name }) => name);
/** What ratios are to. */
export const referenceName = 'socket.io';

/** @param {string} name */
export function findStack(name) {
  const stack = stacks.find((one) => one.name === name);
  if (stack === undefined) throw new Error(`there is no stack ${name}`);
  return stack;
}
