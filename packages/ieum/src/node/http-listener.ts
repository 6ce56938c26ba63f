import type { IncomingMessage } from 'node:http';
import net, { type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

import { UsageError } from '../core/errors.js';
import type { Refusal } from '../core/handshake/refusal.js';

import type { ProxiedConnections } from './admission/proxied-connections.js';
import { ProxyProtocolListener } from './admission/proxy-protocol-listener.js';
import type { TrustedProxies } from './admission/trusted-proxies.js';
import { HandleListener } from './handle-listener.js';
import { Http1Server, inactivityTimeoutMs, requestTimeoutMs } from './http1-server.js';
import { Http2Server } from './http2/http2-server.js';
import type { PendingResponses } from './pending-responses.js';
import { PrefaceReader } from './preface-reader.js';
import { RequestCounter } from './request-counter.js';
import type { Scheduler } from './scheduler.js';
import { type ServerOptions, type ServerTlsOptions, serverDefaults } from './server-options.js';
import { nativeHandles } from './transport/native-handle.js';
import type { SocketAccess } from './transport/transport.js';
import { sourceOf, type UpgradeAttempt } from './upgrade-attempt.js';

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
  /** Takes an opening handshake that `node:http` never saw. */
  readonly handleAttempt: (attempt: UpgradeAttempt) => void;
  /** How the connections of the route that a target leads to are accessed; undefined without a route. */
  readonly accessTo: (target: string) => SocketAccess | undefined;
  /** Whether requests for a path that are no upgrades have a handler, whatever its route is. */
  readonly hasHandler: (target: string) => boolean;
  /** Whether any route has direct access: without one, nothing below `node:net` is touched. */
  readonly hasDirectRoutes: boolean;
  /** Why a request for a route cannot be served when it is no upgrade. */
  readonly refusalFor: (message: IncomingMessage) => Refusal;
}

export type HttpListenerOptions = Pick<
  ServerOptions,
  'tls' | 'http2' | 'request' | 'handshakeTimeoutMs' | 'maxHeaderBytes' | 'proxyProtocol'
>;

/**
 * HTTP servers of our own with strict limits, in front of upgrades and of the application's other requests: HTTP/1.1 and
 * HTTP/2 on one port, told apart by ALPN, or without TLS by the first bytes.
 */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #parts: HttpListenerParts;
  readonly #requests = new RequestCounter();
  readonly #http1: Http1Server;
  readonly #http2: Http2Server | null;
  /** Ends TLS, and tells which version of HTTP was agreed on. */
  readonly #tls: tls.Server | null;
  readonly #prefaces: PrefaceReader | null;
  readonly #proxyProtocol: ProxyProtocolListener | null;
  /** What holds the port: the HTTP/1.1 server itself where nothing has to be done before it. */
  readonly #front: net.Server;
  /** Takes upgrades before they come to the HTTP server, where it can. */
  readonly #handles: HandleListener | null;

  constructor(options: HttpListenerOptions, parts: HttpListenerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#http1 = this.#createHttp1Server();
    this.#http2 = options.http2 === false ? null : this.#createHttp2Server();
    this.#tls = options.tls === undefined ? null : this.#createTlsServer(options.tls);
    this.#prefaces =
      this.#tls === null && this.#http2 !== null ? this.#createPrefaceReader(this.#http2) : null;
    this.#proxyProtocol = options.proxyProtocol ? this.#createProxyProtocolListener() : null;
    this.#front = this.#createFront();
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
        if (front !== this.#http1.server) this.#http1.start();
        this.#handles?.start(front);
        resolve(this.#address());
      });
    });
  }

  /** Tells the clients of HTTP/2 to ask for nothing more on the connections that they have. */
  drain(): void {
    this.#http2?.drain();
  }

  /**
   * Stops listening, waits for requests in flight, `graceMs` at most, and ends what is left of HTTP: connections that
   * were kept alive or never said anything. TLS handshakes that have begun run into their own deadline, and lead nowhere.
   */
  async close(graceMs: number): Promise<void> {
    const http1 = this.#http1.server;
    this.#proxyProtocol?.destroyWaiting();
    this.#prefaces?.destroyWaiting();
    this.#handles?.closeWaiting();
    const closed = new Promise<void>((resolve) => this.#front.close(() => resolve()));
    if (this.#front !== http1) http1.close();
    http1.closeIdleConnections();
    this.#http2?.drain();
    await this.#within(this.#requests.idle(), graceMs);
    http1.closeAllConnections();
    this.#http2?.destroy();
    await this.#within(closed, lastWordsMs);
  }

  async #within(work: Promise<void>, delayMs: number): Promise<void> {
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#parts.scheduler.clock.setTimer(resolve, delayMs);
    });
    await Promise.race([work, late]);
    cancel();
  }

  #createHttp1Server(): Http1Server {
    const { responses, handleUpgrade, refusalFor } = this.#parts;
    const isRoute = (target: string) => this.#isRoute(target);
    return new Http1Server(this.#options, {
      responses,
      requests: this.#requests,
      handleUpgrade,
      isRoute,
      refusalFor,
    });
  }

  #createHttp2Server(): Http2Server {
    const { scheduler, proxied, handleAttempt } = this.#parts;
    return new Http2Server({
      clock: scheduler.clock,
      maxHeaderBytes: this.#options.maxHeaderBytes ?? serverDefaults.maxHeaderBytes,
      handshakeTimeoutMs: this.#handshakeTimeoutMs,
      inactivityTimeoutMs,
      requestTimeoutMs: Math.max(this.#handshakeTimeoutMs, requestTimeoutMs),
      sourceOf: (socket) => sourceOf(socket, proxied),
      isRoute: (target) => this.#isRoute(target),
      request: this.#options.request,
      requests: this.#requests,
      handleAttempt,
    });
  }

  #createTlsServer(options: ServerTlsOptions): tls.Server {
    const http2 = this.#http2;
    const protocols = http2 === null ? ['http/1.1'] : ['h2', 'http/1.1'];
    const server = tls.createServer({
      ...(options.ALPNCallback === undefined ? { ALPNProtocols: protocols } : {}),
      ...withServerNames(options),
      handshakeTimeout: Math.ceil(this.#handshakeTimeoutMs),
      noDelay: true,
    });
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('secureConnection', (socket) => {
      // The TLS handshake began before `close`.
      if (!this.#front.listening) socket.destroy();
      else if (http2 !== null && socket.alpnProtocol === 'h2') http2.accept(socket);
      else this.#http1.accept(socket);
    });
    return server;
  }

  #createPrefaceReader(http2: Http2Server): PrefaceReader {
    return new PrefaceReader({
      clock: this.#parts.scheduler.clock,
      deadlineMs: this.#handshakeTimeoutMs,
      handleHttp1: (socket) => this.#http1.accept(socket),
      handleHttp2: (socket) => http2.accept(socket),
    });
  }

  #createProxyProtocolListener(): ProxyProtocolListener {
    const { scheduler, trusted, proxied } = this.#parts;
    return new ProxyProtocolListener({
      trusted,
      connections: proxied,
      clock: scheduler.clock,
      deadlineMs: this.#handshakeTimeoutMs,
      handOn: (socket) => this.#accept(socket),
    });
  }

  #createFront(): net.Server {
    const proxyProtocol = this.#proxyProtocol;
    if (proxyProtocol === null && this.#tls !== null) return this.#tls;
    if (proxyProtocol === null && this.#prefaces === null) return this.#http1.server;
    return net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on('error', () => {});
      if (proxyProtocol === null) this.#accept(socket);
      else proxyProtocol.accept(socket);
    });
  }

  /** Takes a connection whose own bytes come next. */
  #accept(socket: Socket): void {
    if (this.#tls !== null) this.#tls.emit('connection', socket);
    else if (this.#prefaces !== null) this.#prefaces.accept(socket);
    else this.#http1.accept(socket);
  }

  #createHandleListener(): HandleListener | null {
    const { tls: tlsOptions, proxyProtocol, maxHeaderBytes } = this.#options;
    if (nativeHandles === null || !this.#parts.hasDirectRoutes) return null;
    if (tlsOptions !== undefined || proxyProtocol === true) return null;
    return new HandleListener({
      native: nativeHandles,
      scheduler: this.#parts.scheduler,
      deadlineMs: this.#handshakeTimeoutMs,
      maxHeaderBytes: maxHeaderBytes ?? serverDefaults.maxHeaderBytes,
      isOurs: (target) => this.#parts.accessTo(target) === 'direct',
      handleUpgrade: this.#parts.handleAttempt,
    });
  }

  #isRoute(target: string): boolean {
    return !this.#parts.hasHandler(target) && this.#parts.accessTo(target) !== undefined;
  }

  get #handshakeTimeoutMs(): number {
    return this.#options.handshakeTimeoutMs ?? serverDefaults.handshakeTimeoutMs;
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

/** Adds the choice of a certificate by the name that the client asks for. */
function withServerNames(options: ServerTlsOptions): tls.TlsOptions {
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
/** How long ended connections have to be gone, in milliseconds. */
const lastWordsMs = 500;
