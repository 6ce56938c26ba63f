/**
 * Serves and calls itself with `socketAccess: 'direct'`, and prints what came of it as JSON: the echoes, and of how many
 * connections the server made a socket. With an argument it does so in a worker thread or in processes of a cluster.
 */
import cluster from 'node:cluster';
import { subscribe } from 'node:diagnostics_channel';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

import { connect, createServer } from 'ieum';

const where = process.argv[2] ?? 'main';

if (where === 'thread' && isMainThread) {
  new Worker(new URL(import.meta.url), { argv: ['thread'] }).on('message', print);
} else if (where === 'cluster' && cluster.isPrimary) {
  const port = await new Promise((resolve) => cluster.fork().on('message', resolve));
  const [first, second] = [await echo(port), await echo(port)];
  print({ echoes: [...first, ...second] });
  process.exit();
} else if (where === 'cluster') {
  process.send?.((await serve()).port);
} else {
  const { server, port, sockets } = await serve();
  const echoes = await echo(port);
  await server.close();
  const result = { echoes, sockets: sockets() };
  if (parentPort === null) print(result);
  else parentPort.postMessage(result);
}

async function serve() {
  let sockets = 0;
  subscribe('net.server.socket', () => sockets++);
  const server = createServer({
    socketAccess: 'direct',
    routes: { '/': { message: (peer, message) => peer.send(message) } },
  });
  const { port } = await server.listen();
  return { server, port, sockets: () => sockets };
}

/** @param {number} port */
async function echo(port) {
  const peer = await connect(`ws://127.0.0.1:${port}`, { socketAccess: 'direct' });
  peer.send('small');
  peer.send('x'.repeat(300_000));
  const echoes = [];
  for await (const { data } of peer) if (echoes.push(data.length) === 2) break;
  peer.close();
  await peer.closed;
  return echoes;
}

/** @param {unknown} result */
function print(result) {
  console.log(JSON.stringify(result));
}
