import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

import { UsageError } from '../core/errors.js';
import { formatRefusal, type Refusal, refuse } from '../core/handshake/refusal.js';

import type { ProxiedConnections } from './admission/proxied-connections.js';
import { ProxyProtocolListener } from './admission/proxy-protocol-listener.js';
import type { TrustedProxies } from './admission/trusted-proxies.js';
import { HandleListener } from './handle-listener.js';
import type { PendingResponses } from './pending-responses.js';
import type { Scheduler } from './scheduler.js';
import { type ServerOptions, type ServerTlsOptions, serverDefaults } from './server-options.js';
import { nativeHandles } from './transport/native-handle.js';
import type { SocketAccess } from './transport/transport.js';
import type { UpgradeAttempt } from './upgrade-attempt.js';

export interface ListenOptions {
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  /** Default `127.0.0.1`: this machine only. `0.0.0.0` or `::` for every interface. */
  readonly host?: string;
  /** A Unix socket instead of a port. */
  readonly path?: string;
}

export interface ListeningAddress {
  /** `ws://host:port`, `wss://host:port`, or `ws+unix:path`. */
  readonly url: string;
  /** Empty on a Unix socket. */
  readonly host: string;
  /** 0 on a Unix socket. */
  readonly port: number;
}

export interface HttpListenerParts {
  readonly scheduler: Scheduler;
  readonly trusted: TrustedProxies;
  readonly proxied: ProxiedConnections;
  /** Told of every request that gets a response. */
  readonly responses: PendingResponses;
  readonly handleUpgrade: (message: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Takes an upgrade that `node:http` never saw. */
  readonly handleAttempt: (attempt: UpgradeAttempt) => void;
  /** How the connections of the route that a target leads to are accessed; undefined without a route. */
  readonly accessTo: (target: string) => SocketAccess | undefined;
  /** Whether any route has direct access: without one, nothing below `node:net` is touched. */
  readonly hasDirectRoutes: boolean;
  /** Why a request for a route cannot be served when it is no upgrade. */
  readonly refusalFor: (message: IncomingMessage) => Refusal;
}

export type HttpListenerOptions = Pick<
  ServerOptions,
  'tls' | 'request' | 'handshakeTimeoutMs' | 'maxHeaderBytes' | 'proxyProtocol'
>;

/** An HTTP server of our own with strict limits, in front of upgrades and of the application's other requests. */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #parts: HttpListenerParts;
  readonly #http: http.Server;
  /** What holds the port: the HTTP server itself, unless PROXY headers are read before it. */
  readonly #front: net.Server;
  readonly #proxyProtocol: ProxyProtocolListener | null;
  /** Takes upgrades before they come to the HTTP server, where it can. */
  readonly #handles: HandleListener | null;
  #requestsInFlight = 0;
  /** Called when no request is in flight any more, while closing. */
  #handleIdle: () => void = () => {};

  constructor(options: HttpListenerOptions, parts: HttpListenerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#http = this.#createHttpServer();
    this.#proxyProtocol = options.proxyProtocol ? this.#createProxyProtocolListener() : null;
    this.#front = this.#proxyProtocol === null ? this.#http : this.#createFront(this.#proxyProtocol);
    this.#handles = this.#createHandleListener();
  }

  /** @throws UsageError `ERR_WS_INVALID_OPTION`; rejects with the system's error, such as `EADDRINUSE` */
  listen(options: ListenOptions): Promise<ListeningAddress> {
    const { port = 0, host = '127.0.0.1', path } = options;
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new UsageError('ERR_WS_INVALID_OPTION', `port is a whole number from 0 to 65535, not ${port}`);
    }
    const front = this.#front;
    return new Promise((resolve, reject) => {
      front.once('error', reject);
      front.listen(path === undefined ? { port, host, backlog } : { path, backlog }, () => {
        front.off('error', reject);
        // A connection that the system could not hand over, for want of file descriptors perhaps, is its client's loss.
        front.on('error', () => {});
        // `node:http` enforces its deadlines from this event on.
        if (front !== this.#http) this.#http.emit('listening');
        this.#handles?.start(front);
        resolve(this.#address());
      });
    });
  }

  /**
   * Stops listening, waits for requests in flight, `graceMs` at most, and ends what is left of HTTP: connections that
   * were kept alive or never said anything. TLS handshakes that have begun run into their own deadline.
   */
  async close(graceMs: number): Promise<void> {
    this.#proxyProtocol?.destroyWaiting();
    this.#handles?.closeWaiting();
    const closed = new Promise<void>((resolve) => this.#front.close(() => resolve()));
    if (this.#front !== this.#http) this.#http.close();
    this.#http.closeIdleConnections();
    await this.#within(this.#idle(), graceMs);
    this.#http.closeAllConnections();
    await this.#within(closed, lastWordsMs);
  }

  #idle(): Promise<void> {
    if (this.#requestsInFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#handleIdle = resolve;
    });
  }

  async #within(work: Promise<void>, delayMs: number): Promise<void> {
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#parts.scheduler.clock.setTimer(resolve, delayMs);
    });
    await Promise.race([work, late]);
    cancel();
  }

  #createHttpServer(): http.Server {
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
    const server =
      tlsOptions === undefined
        ? http.createServer(limits)
        : https.createServer({
            ...withServerNames(tlsOptions),
            ...limits,
            handshakeTimeout: headersTimeout,
          });
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
      this.#parts.responses.whenWritten(socket, () => endWith(socket, refusalFor(error)));
    });
    server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
    return server;
  }

  #createProxyProtocolListener(): ProxyProtocolListener {
    const { scheduler, trusted, proxied } = this.#parts;
    return new ProxyProtocolListener({
      trusted,
      connections: proxied,
      clock: scheduler.clock,
      deadlineMs: this.#options.handshakeTimeoutMs ?? serverDefaults.handshakeTimeoutMs,
      handOn: (socket) => this.#http.emit('connection', socket),
    });
  }

  #createHandleListener(): HandleListener | null {
    const { tls: tlsOptions, proxyProtocol, handshakeTimeoutMs, maxHeaderBytes } = this.#options;
    if (nativeHandles === null || !this.#parts.hasDirectRoutes) return null;
    if (tlsOptions !== undefined || proxyProtocol === true) return null;
    return new HandleListener({
      native: nativeHandles,
      scheduler: this.#parts.scheduler,
      deadlineMs: handshakeTimeoutMs ?? serverDefaults.handshakeTimeoutMs,
      maxHeaderBytes: maxHeaderBytes ?? serverDefaults.maxHeaderBytes,
      isOurs: (target) => this.#parts.accessTo(target) === 'direct',
      handleUpgrade: this.#parts.handleAttempt,
    });
  }

  #createFront(proxyProtocol: ProxyProtocolListener): net.Server {
    return net.createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
      socket.on('error', () => {});
      proxyProtocol.accept(socket);
    });
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
    this.#requestsInFlight++;
    response.once('close', () => {
      this.#requestsInFlight--;
      if (this.#requestsInFlight === 0) this.#handleIdle();
    });
    const refusal = this.#refusalOf(message);
    if (refusal === null) this.#options.request?.(message, response as Parameters<http.RequestListener>[1]);
    else respond(response, refusal);
  }

  #refusalOf(message: IncomingMessage): Refusal | null {
    if (this.#isHeadTooLarge(message)) return headTooLarge();
    if (this.#parts.accessTo(message.url ?? '') !== undefined) return this.#parts.refusalFor(message);
    if (message.headers.host === undefined && message.httpVersion === '1.1') return refuse(400, 'bad Host');
    return this.#options.request === undefined ? refuse(404, 'nothing here') : null;
  }

  #address(): ListeningAddress {
    const address = this.#front.address();
    if (address === null || typeof address === 'string') {
      return { url: `ws+unix:${address ?? ''}`, host: '', port: 0 };
    }
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    const scheme = this.#options.tls === undefined ? 'ws' : 'wss';
    return { url: `${scheme}://${host}:${address.port}`, host: address.address, port: address.port };
  }
}

function headTooLarge(): Refusal {
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
function endWith(socket: Duplex, refusal: Refusal): void {
  socket.on('error', () => {});
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(formatRefusal(refusal), () => socket.destroy());
}

/** Adds the choice of a certificate by the name that the client asks for. */
function withServerNames(options: ServerTlsOptions): https.ServerOptions {
  const { sni, ...rest } = options;
  if (sni === undefined) return rest;
  const contexts = new Map(
    Object.entries(sni).map(([name, context]) => [name.toLowerCase(), tls.createSecureContext(context)]),
  );
  return {
    ...rest,
    SNICallback: (name, answer) => {
      const lowerName = name.toLowerCase();
      answer(null, contexts.get(lowerName) ?? contexts.get(`*${lowerName.slice(lowerName.indexOf('.'))}`));
    },
  };
}

/** How many connections the system may accept ahead of us. */
const backlog = 1024;
/** How long a whole request may take at least, unless its head may take longer: what `node:http` has by default. */
const requestTimeoutMs = 300_000;
/** How long an HTTP connection may neither send nor take a byte while it waits for the other side, in milliseconds. */
const inactivityTimeoutMs = 60_000;
/** Requests on one connection before it has to be opened anew: what a client that never reads can make us hold. */
const maxRequestsPerSocket = 100;
/** How long ended connections have to be gone, in milliseconds. */
const lastWordsMs = 500;
