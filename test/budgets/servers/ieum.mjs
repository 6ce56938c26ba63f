/**
 * The built ieum in a process of its own, for measuring. The argument is the socket access.
 */
import { createServer, prepareMessage } from '../../../packages/ieum/dist/index.js';
import { answerQuestions } from './figures.mjs';

/** @typedef {import('../../../packages/ieum/dist/index.js').Peer} Peer */

/** @type {Set<Peer>} */
const room = new Set();
const joinable = {
  open: (/** @type {Peer} */ peer) => {
    room.add(peer);
  },
  closed: (/** @type {Peer} */ peer) => {
    room.delete(peer);
  },
};

const server = createServer({
  socketAccess: process.argv[2] === 'public' ? 'public' : 'direct',
  maxConnections: 5_000,
  maxConnectionsPerAddress: 5_000,
  routes: {
    '/echo': {
      message: (peer, message) => {
        peer.send(message);
      },
    },
    '/broadcast': {
      ...joinable,
      message: (_peer, message) => {
        const prepared = prepareMessage(message);
        for (const each of room) each.send(prepared);
      },
    },
    '/eightfold': {
      ...joinable,
      message: (_peer, message) => {
        for (let i = 0; i < 8; i++) {
          const prepared = prepareMessage(message);
          for (const each of room) each.send(prepared);
        }
      },
    },
  },
});

const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
answerQuestions(port);
