import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';

import type { KeyPair } from './certificates.js';
import { type Listener, listen } from './listener.js';
import { connectLoopback, join } from './tunnel.js';

export interface HttpProxyOptions {
  /** `username:password` to insist on. */
  readonly credentials?: string;
  /** Speaks TLS, as an `https://` proxy. */
  readonly keyPair?: KeyPair;
}

export interface HttpProxy extends Listener {
  /** The authorities that clients asked for, in order. */
  readonly authorities: readonly string[];
}

/** Starts an HTTP proxy for CONNECT. To it every name is 127.0.0.1; it answers 502 where nobody listens. */
export async function startHttpProxy({ credentials, keyPair }: HttpProxyOptions = {}): Promise<HttpProxy> {
  const authorities: string[] = [];
  const server = keyPair === undefined ? createHttpServer() : createHttpsServer(keyPair);
  const expected = credentials === undefined ? undefined : `Basic ${btoa(credentials)}`;
  server.on('connect', async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    authorities.push(request.url ?? '');
    if (request.headers['proxy-authorization'] !== expected) {
      const challenge = 'Proxy-Authenticate: Basic realm="test"';
      socket.end(`HTTP/1.1 407 Proxy Authentication Required\r\n${challenge}\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const far = await connectLoopback(Number(/:(\d+)$/.exec(request.url ?? '')?.[1]));
    if (far === undefined) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    far.write(head);
    join(socket, far);
  });
  return Object.assign(await listen(server), { authorities });
}
