import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';

import { type WebSocket, WebSocketServer } from 'ws';

import type { KeyPair } from './certificates.js';
import { type Listener, listen } from './listener.js';

export interface ObservedServerOptions {
  /** What happens with a connection. Default: every message is sent back. */
  readonly connected?: (socket: WebSocket, request: IncomingMessage) => void;
  /** Speaks TLS. */
  readonly keyPair?: KeyPair;
  /** Asks clients for a certificate of this authority (PEM). */
  readonly clientAuthority?: string;
}

/** A server of npm `ws`, with what it saw. */
export interface ObservedServer extends Listener {
  readonly url: string;
  readonly requests: readonly IncomingMessage[];
  /** Resolves with the close code and reason of the next connection that ends. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
}

/** Starts it on a free port; of the subprotocols it speaks `second`. */
export async function startObservedServer(options: ObservedServerOptions = {}): Promise<ObservedServer> {
  const { connected = echo, keyPair, clientAuthority } = options;
  const requests: IncomingMessage[] = [];
  const clients =
    clientAuthority === undefined
      ? {}
      : { ca: clientAuthority, requestCert: true, rejectUnauthorized: false };
  const server = keyPair === undefined ? createServer() : createHttpsServer({ ...keyPair, ...clients });
  const handleProtocols = (offered: Set<string>): string | false =>
    offered.has('second') ? 'second' : false;
  const webSockets = new WebSocketServer({ server, handleProtocols });
  const closed = new Promise<readonly [number, string]>((resolve) => {
    webSockets.on('connection', (socket, request) => {
      requests.push(request);
      socket.on('close', (code, reason) => resolve([code, reason.toString()]));
      socket.on('error', () => {});
      connected(socket, request);
    });
  });
  const listener = await listen(server);
  const scheme = keyPair === undefined ? 'ws' : 'wss';
  return Object.assign(listener, { url: `${scheme}://127.0.0.1:${listener.port}/`, requests, closed });
}

/** The name in the certificate that a client showed. */
export function clientNameOf(request: IncomingMessage): string | undefined {
  const name = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : undefined;
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}
