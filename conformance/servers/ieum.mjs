import { createServer } from '../../packages/ieum/dist/index.js';

const server = createServer({
  maxMessageBytes: 64 << 20,
  permessageDeflate: {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    thresholdBytes: 0,
  },
  routes: { '/': { message: (peer, message) => peer.send(message) } },
});
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
