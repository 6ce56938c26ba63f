import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const requirePeer = createRequire(new URL('../../peers/package.json', import.meta.url));
const { Server } = requirePeer('socket.io');
const { createAdapter, createShardedAdapter } = requirePeer('@socket.io/redis-adapter');
const { createClient } = requirePeer('redis');

const publishing = createClient({ url: process.env.BROKER_URL });
const subscribing = publishing.duplicate();
await Promise.all([publishing.connect(), subscribing.connect()]);

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  adapter: (process.env.ADAPTER === 'sharded' ? createShardedAdapter : createAdapter)(
    publishing,
    subscribing,
  ),
});

io.on('connection', (/** @type {any} */ socket) => {
  socket.on('subscribe', async (/** @type {() => void} */ done) => {
    await socket.join('room');
    done();
  });
  socket.on('publish', (/** @type {string} */ data) => {
    io.to('room').emit('message', data);
  });
});

http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
// A profile is written when the process exits by itself.
process.once('SIGTERM', () => process.exit(0));
