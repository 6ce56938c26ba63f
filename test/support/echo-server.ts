import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';
import { type PerMessageDeflateOptions, type WebSocket, WebSocketServer } from 'ws';

/** What a server makes of a message. */
export type Answer = (socket: WebSocket, data: Buffer, isBinary: boolean) => void;

export interface EchoServer {
  readonly url: string;
  /** Messages that arrived so far. */
  readonly received: number;
}

export interface EchoServerOptions {
  /** Instead of sending every message back. */
  readonly answer?: Answer;
  /** What is done first with a connection. */
  readonly greet?: (socket: WebSocket) => void;
  /** How it compresses; left out for not at all. */
  readonly deflate?: PerMessageDeflateOptions;
}

/** A server of npm `ws` that listens until the test is over. */
export async function startEchoServer(options: EchoServerOptions = {}): Promise<EchoServer> {
  const { answer = echo, greet = () => {}, deflate = false } = options;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: deflate });
  let received = 0;
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, isBinary) => {
      received++;
      answer(socket, data as Buffer, isBinary);
    });
    greet(socket);
  });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get received() {
      return received;
    },
  };
}

/** Sends every message back, as the type it came as. */
export const echo: Answer = (socket, data, isBinary) => socket.send(data, { binary: isBinary });
