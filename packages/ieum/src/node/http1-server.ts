import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { formatRefusal, type Refusal, refuse } from '../core/handshake/refusal.js';

import type { PendingResponses } from './pending-responses.js';
import type { RequestCounter } from './request-counter.js';
import { type ServerOptions, serverDefaults } from './server-options.js';

export interface Http1ServerParts {
  /** Told of every request that gets a response. */
  readonly responses: PendingResponses;
  readonly requests: RequestCounter;
  readonly handleUpgrade: (message: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Whether the path of a request is one of a WebSocket endpoint. */
  readonly isRoute: (target: string) => boolean;
  /** Why a request for a route cannot be served when it is no upgrade. */
  readonly refusalFor: (message: IncomingMessage) => Refusal;
}

export type Http1ServerOptions = Pick<
  ServerOptions,
  'tls' | 'request' | 'handshakeTimeoutMs' | 'maxHeaderBytes'
>;

/** Serves HTTP/1.1 with strict limits, on its own port or on connections that it is given. */
export class Http1Server {
  /** What can listen, where nothing stands before it. */
  readonly server: http.Server;
  readonly #options: Http1ServerOptions;
  readonly #parts: Http1ServerParts;

  constructor(options: Http1ServerOptions, parts: Http1ServerParts) {
    this.#options = options;
    this.#parts = parts;
    this.server = this.#createServer();
  }

  /** Takes a connection, encrypted or not, of which nothing was read, or what was read put back. */
  accept(socket: Socket): void {
    this.server.emit('connection', socket);
  }

  /** To be called when somebody else listens for it: `node:http` enforces its deadlines from this event on. */
  start(): void {
    this.server.emit('listening');
  }

  #createServer(): http.Server {
    const { tls: tlsOptions, maxHeaderBytes, handshakeTimeoutMs } = this.#options;
    const headersTimeout = Math.ceil(handshakeTimeoutMs ?? serverDefaults.handshakeTimeoutMs);
    const limits: http.ServerOptions = {
      maxHeaderSize: maxHeaderBytes ?? serverDefaults.maxHeaderBytes,
      headersTimeout,
      requestTimeout: Math.max(headersTimeout, requestTimeoutMs),
      connectionsCheckingInterval: Math.ceil(Math.min(1_000, headersTimeout / 2)),
      // A request without Host is ours to refuse, with a reason.
      requireHostHeader: false,
    };
    const server = http.createServer({ ...tlsOptions, ...limits });
    // The size is limited; a field that was dropped behind a number of others could be the one that matters.
    server.maxHeadersCount = 0;
    server.timeout = inactivityTimeoutMs;
    server.maxRequestsPerSocket = maxRequestsPerSocket;
    server.on('upgrade', (message, socket, head) => this.#handleUpgrade(message, socket, head));
    server.on('request', (message, response) => this.#handleRequest(message, response));
    server.on('checkExpectation', (message: IncomingMessage, response: ServerResponse) => {
      this.#parts.responses.add(message.socket, response);
      respond(response, refuse(417, 'no expectation but 100-continue is met'));
    });
    server.on('connect', (_message, socket) => {
      const refusal = refuse(405, 'an opening handshake is a GET request', [['Allow', 'GET']]);
      this.#parts.responses.whenWritten(socket, () => endWith(socket, refusal));
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      // The rest of a request that is being answered will not come: nobody need wait for it.
      if (this.#parts.responses.isReceiving(socket)) socket.destroy();
      else this.#parts.responses.whenWritten(socket, () => endWith(socket, refusalFor(error)));
    });
    return server;
  }

  #handleUpgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#isHeadTooLarge(message)) endWith(socket, headTooLarge());
    else this.#parts.handleUpgrade(message, socket, head);
  }

  /** `node:http` counts names and values; what stands between them counts too. */
  #isHeadTooLarge({ method = '', url = '', rawHeaders }: IncomingMessage): boolean {
    let byteLength = method.length + url.length + '  HTTP/1.1\r\n\r\n'.length + 2 * rawHeaders.length;
    for (const part of rawHeaders) byteLength += part.length;
    return byteLength > (this.#options.maxHeaderBytes ?? serverDefaults.maxHeaderBytes);
  }

  #handleRequest(message: IncomingMessage, response: ServerResponse): void {
    this.#parts.responses.add(message.socket, response);
    this.#parts.requests.add(response);
    const refusal = this.#refusalOf(message);
    if (refusal === null) this.#options.request?.(message, response as Parameters<http.RequestListener>[1]);
    else respond(response, refusal);
  }

  #refusalOf(message: IncomingMessage): Refusal | null {
    if (this.#isHeadTooLarge(message)) return headTooLarge();
    if (this.#parts.isRoute(message.url ?? '')) return this.#parts.refusalFor(message);
    if (message.headers.host === undefined && message.httpVersion === '1.1') return refuse(400, 'bad Host');
    return this.#options.request === undefined ? refuse(404, 'nothing here') : null;
  }
}

export function headTooLarge(): Refusal {
  return refuse(431, 'the head of the request is too large');
}

/** What is wrong with bytes that are no HTTP request. */
function refusalFor(error: NodeJS.ErrnoException): Refusal {
  if (error.code === 'HPE_HEADER_OVERFLOW') return headTooLarge();
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return refuse(408, 'the request took too long');
  return refuse(400, 'this is no HTTP/1.1 request');
}

/** Answers in its turn: responses to earlier requests may be on their way. */
function respond(response: ServerResponse, { status, reason, headers }: Refusal): void {
  for (const [name, value] of headers) response.appendHeader(name, value);
  response.appendHeader('Connection', 'close');
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.statusCode = status;
  response.end(`${reason}\n`);
}

/** Writes a refusal to a socket from which no more requests are read, and ends it. */
export function endWith(socket: Duplex, refusal: Refusal): void {
  socket.on('error', () => {});
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(formatRefusal(refusal), () => socket.destroy());
}

/** How long a whole request may take at least, unless its head may take longer: what `node:http` has by default. */
export const requestTimeoutMs = 300_000;
/** How long an HTTP connection may neither send nor take a byte while it waits for the other side, in milliseconds. */
export const inactivityTimeoutMs = 60_000;
/** Requests on one connection before it has to be opened anew: what a client that never reads can make us hold. */
const maxRequestsPerSocket = 100;
