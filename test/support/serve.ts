import { createServer, type ListenOptions, type ServerOptions, type WebSocketServer } from 'ieum';
import { onTestFinished } from 'vitest';

/** A server that listens on the loopback address until the test is over. */
export interface Served<User> {
  readonly server: WebSocketServer<User>;
  readonly port: number;
  readonly url: string;
  /** What it reported. */
  readonly errors: readonly unknown[];
}

/** Starts a server; by default it echoes on `/`, and collects the errors it reports. */
export async function serve<User = undefined>(
  options: Partial<ServerOptions<User>> = {},
  where: ListenOptions = {},
): Promise<Served<User>> {
  const errors: unknown[] = [];
  const server = createServer<User>({
    routes: { '/': { message: (peer, message) => peer.send(message) } },
    reportError: (error) => errors.push(error),
    ...options,
  });
  const { port, url } = await server.listen(where);
  onTestFinished(() => stop(server));
  return { server, port, url, errors };
}

/** Ends a server without manners. */
export async function stop<User>(server: WebSocketServer<User>): Promise<void> {
  for (const peer of server.peers) peer.terminate();
  await server.drain({ timeoutMs: 1, batchIntervalMs: 0 });
}
