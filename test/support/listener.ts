import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A server that listens on the loopback address until it is closed. */
export interface Listener {
  readonly port: number;
  /** How many connections it accepted so far. */
  readonly accepted: number;
  /** How many of them are open. */
  readonly open: number;
  /** Destroys what is open and resolves when the server is closed. */
  close(): Promise<void>;
}

/** Has a server listen on a free port of 127.0.0.1, or on a path. */
export async function listen(server: Server, path?: string): Promise<Listener> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  return {
    port: path === undefined ? (server.address() as AddressInfo).port : 0,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
