import { createServer, prepareMessage } from '../../packages/ieum/dist/index.js';

/** @type {Set<import('../../packages/ieum/dist/index.js').Peer>} */
const room = new Set();

const server = createServer({
  maxMessageBytes: 64 << 20,
  permessageDeflate: process.env.DEFLATE ? { thresholdBytes: 0 } : false,
  routes: {
    '/echo': {
      message: (peer, message) => {
        peer.send(message);
      },
    },
    '/broadcast': {
      open: (peer) => {
        room.add(peer);
      },
      closed: (peer) => {
        room.delete(peer);
      },
      message: (_peer, message) => {
        const prepared = prepareMessage(message);
        for (const peer of room) peer.send(prepared);
      },
    },
  },
});

await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
