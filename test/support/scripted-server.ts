import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

import { type Listener, listen } from './listener.js';

/** The head of an opening handshake, as it came. */
export interface ReceivedRequest {
  readonly head: string;
  /** The path and query of the request line. */
  readonly target: string;
  /** The value of a field; undefined when it is not there. */
  field(name: string): string | undefined;
  /** The Sec-WebSocket-Accept that answers this request. */
  readonly accept: string;
}

/** What a server does when the head of a request is there. */
export type ServerScript = (socket: Socket, request: ReceivedRequest) => void;

export interface ScriptedServer extends Listener {
  /** `ws://127.0.0.1:port`, or `wss://localhost:port` with TLS. */
  readonly url: string;
  /** The requests so far. */
  readonly requests: readonly ReceivedRequest[];
}

export interface ScriptedServerOptions {
  readonly tls?: TlsOptions;
  /** A Unix socket instead of a port. */
  readonly path?: string;
}

/** Starts a server that knows no HTTP and no WebSocket: it reads a head, and then a script has the socket. */
export async function startScriptedServer(
  script: ServerScript,
  options: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  const serve = (socket: Socket) => {
    let head = '';
    socket.on('error', () => {});
    const handleData = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', handleData);
      const request = readRequest(head);
      requests.push(request);
      script(socket, request);
      socket.resume();
    };
    socket.on('data', handleData);
  };
  const server = options.tls === undefined ? createServer(serve) : createTlsServer(options.tls, serve);
  const listener = await listen(server, options.path);
  const url = options.tls === undefined ? 'ws://127.0.0.1' : 'wss://localhost';
  return Object.defineProperties(listener, {
    url: { value: `${url}:${listener.port}` },
    requests: { value: requests },
  }) as ScriptedServer;
}

/** A correct answer, with fields changed, added, repeated (`['a', 'b']`) or left out (`[]`). */
export function acceptance(
  request: ReceivedRequest,
  changes: Readonly<Record<string, string | readonly string[]>> = {},
): string {
  const fields = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': request.accept,
    ...changes,
  };
  const lines = Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}\r\n`),
  );
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`;
}

/** An answer in plain HTTP. */
export function answer(status: number, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const fields = { 'Content-Length': `${Buffer.byteLength(body)}`, ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n${body}`;
}

/** A redirect. */
export function redirection(location: string, status = 307): string {
  return answer(status, { Location: location });
}

function readRequest(text: string): ReceivedRequest {
  const head = text.slice(0, text.indexOf('\r\n\r\n') + 2);
  const [requestLine = '', ...lines] = head.split('\r\n');
  const fields = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const key = fields.get('sec-websocket-key') ?? '';
  return {
    head,
    target: requestLine.split(' ')[1] ?? '',
    field: (name) => fields.get(name.toLowerCase()),
    accept: createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64'),
  };
}
