import { AsyncResource } from 'node:async_hooks';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { UsageError } from '../core/errors.js';
import { formatExtensionList } from '../core/handshake/extension-list.js';
import { type Refusal, refuse } from '../core/handshake/refusal.js';
import { guardedReporter } from '../platform/error-reporter.js';
import { ProxiedConnections } from './admission/proxied-connections.js';
import { TrustedProxies } from './admission/trusted-proxies.js';
import {
  type Acceptance,
  type Authentication,
  accept,
  checkAuthentication,
  isRefusal,
} from './authentication.js';
import {
  checkDrainOptions,
  type DrainOptions,
  type DrainReport,
  drainPeers,
  drainTimeoutMs,
} from './drain.js';
import { type Admission, busy, Gatekeeper, type Verdict } from './gatekeeper.js';
import { HttpEndpoints } from './http/http-endpoints.js';
import { HttpListener, type ListeningAddress, type ListenOptions } from './http-listener.js';
import { Peer } from './peer.js';
import { PendingHandshake } from './pending-handshake.js';
import { PendingResponses } from './pending-responses.js';
import { refuseUpgrade } from './refusing.js';
import { Roster } from './roster.js';
import { chooseSubprotocol } from './routes.js';
import { Scheduler } from './scheduler.js';
import { peersOn, ServedPeer, type ServedPeersParts } from './served-peer.js';
import { type OpeningUnderWay, ServerObservation } from './server-observation.js';
import type { Traffic } from './server-observer.js';
import { checkServerOptions, type ServerOptions, serverDefaults } from './server-options.js';
import { openTransport } from './transport/open-transport.js';
import type { Transport } from './transport/transport.js';
import { isReset, type UpgradeAttempt, upgradeOf } from './upgrade-attempt.js';

/**
 * A WebSocket server (RFC 6455), by itself with `listen` or on the port of an existing HTTP server with `attach`.
 * Whatever a client does, nothing here throws because of it.
 */
export class WebSocketServer<User = unknown> {
  readonly #options: ServerOptions<User>;
  readonly #scheduler: Scheduler;
  readonly #proxied = new ProxiedConnections();
  readonly #trusted: TrustedProxies;
  readonly #gatekeeper: Gatekeeper<User>;
  readonly #endpoints: HttpEndpoints;
  readonly #peers = new Roster<ServedPeer<User>>();
  readonly #served: ServedPeersParts<User>;
  /** Null when nobody wants to know. */
  readonly #observation: ServerObservation<User> | null;
  /** Handshakes that wait for `authenticate`. */
  readonly #pending = new Roster<PendingHandshake>();
  readonly #responses = new PendingResponses();
  readonly #report: (error: unknown, peer?: Peer<User>) => void;
  readonly #listeners = new Set<HttpListener>();
  readonly #detachers = new Set<() => void>();
  #draining: Promise<DrainReport> | null = null;

  /** @throws UsageError `ERR_WS_INVALID_OPTION`, `ERR_WS_INVALID_SUBPROTOCOL` */
  constructor(options: ServerOptions<User>) {
    checkServerOptions(options);
    this.#options = options;
    this.#report = guardedReporter(options.reportError);
    this.#scheduler = new Scheduler(options.clock);
    const { observer } = options;
    this.#observation =
      observer === undefined ? null : new ServerObservation(observer, this.#scheduler.clock, this.#report);
    this.#served = { peers: this.#peers, report: this.#report, observation: this.#observation };
    this.#trusted = new TrustedProxies(options.trustedProxies);
    this.#gatekeeper = new Gatekeeper(options, this.#trusted);
    this.#endpoints = new HttpEndpoints({
      handlers: options.http ?? {},
      others: options.request,
      describe: (message) => this.#gatekeeper.describe(message, this.#proxied),
      reportError: this.#report,
    });
  }

  /** Everyone who is connected now. */
  get peers(): Iterable<Peer<User>> & { readonly size: number } {
    return { size: this.#peers.size, [Symbol.iterator]: () => peersOn(this.#peers) };
  }

  /** What went to and fro, by the paths of the routes as the options have them. */
  get traffic(): ReadonlyMap<string, Readonly<Traffic>> {
    return this.#gatekeeper.traffic;
  }

  /** Whether `drain` or `close` was called. */
  get isDraining(): boolean {
    return this.#draining !== null;
  }

  /**
   * Listens on a TCP port or a Unix socket, for `ws:` or, with `tls`, for `wss:`. Other HTTP requests go to `request`.
   * Rejects with the system's error when it cannot, and with UsageError `ERR_WS_INVALID_STATE` after `drain` or `close`.
   */
  async listen(options: ListenOptions = {}): Promise<ListeningAddress> {
    this.#requireRunning();
    const endpoints = this.#endpoints;
    const { listener: request } = endpoints;
    const httpOptions = request === undefined ? this.#options : { ...this.#options, request };
    const listener = new HttpListener(httpOptions, {
      scheduler: this.#scheduler,
      trusted: this.#trusted,
      proxied: this.#proxied,
      responses: this.#responses,
      handleUpgrade: (message, socket, head) => this.handleUpgrade(message, socket, head),
      handleAttempt: (attempt) => this.#receive(attempt),
      accessTo: (target) => this.#gatekeeper.routeOf(target)?.profile.socketAccess,
      hasHandler: (target) => endpoints.has(target),
      hasDirectRoutes: this.#gatekeeper.hasDirectRoutes,
      refusalFor: (message) => this.#gatekeeper.refusalOf(message),
    });
    const address = await listener.listen(options);
    if (this.isDraining) await listener.close(0);
    this.#requireRunning();
    this.#listeners.add(listener);
    return address;
  }

  /**
   * Serves upgrades of an existing HTTP or HTTPS server; its other requests are left alone. Upgrades for paths without
   * a route get 404: after `handshakeTimeoutMs` if somebody else listens for upgrades too and does not answer before.
   * Returns what undoes it.
   *
   * @throws UsageError `ERR_WS_INVALID_STATE` after `drain` or `close`
   */
  attach(server: HttpServer): () => void {
    this.#requireRunning();
    const handleUpgrade = (message: IncomingMessage, socket: Duplex, head: Buffer) => {
      const hasRoute = this.#gatekeeper.routeOf(message.url ?? '') !== undefined;
      const isOurs = hasRoute || server.listenerCount('upgrade') === 1;
      if (isOurs) this.handleUpgrade(message, socket, head);
      else this.#refuseUnlessAnswered(socket as Socket);
    };
    const handleRequest = (message: IncomingMessage, response: ServerResponse) => {
      this.#responses.add(message.socket, response);
    };
    server.on('upgrade', handleUpgrade).prependListener('request', handleRequest);
    const detach = () => {
      server.off('upgrade', handleUpgrade).off('request', handleRequest);
      this.#detachers.delete(detach);
    };
    this.#detachers.add(detach);
    return detach;
  }

  /** Somebody else listens for upgrades too and may answer this one; if nobody does in time, we do. */
  #refuseUnlessAnswered(socket: Socket): void {
    const { bytesWritten } = socket;
    const timeoutMs = this.#options.handshakeTimeoutMs ?? serverDefaults.handshakeTimeoutMs;
    const cancel = this.#scheduler.clock.setTimer(() => {
      if (socket.bytesWritten !== bytesWritten || socket.destroyed) return;
      const refusal = refuse(404, 'nobody answers here');
      refuseUpgrade(openTransport(socket, 'public'), refusal, this.#scheduler.clock);
    }, timeoutMs);
    socket.once('close', cancel);
  }

  /** Takes over a socket on which `node:http` has read the head of an upgrade request. */
  handleUpgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', ignore);
    this.#responses.whenWritten(socket, () => {
      if (isReset(socket as Socket)) {
        socket.destroy();
        return;
      }
      // The deadlines of HTTP end here.
      (socket as Socket).setTimeout(0);
      if (this.#answersAsRequest(message)) {
        this.#endpoints.answerUpgrade(message, socket as Socket);
        return;
      }
      // Node 20 and 22 use the async context that this runs in again, for whoever connects next.
      const context = new AsyncResource('UPGRADE');
      context.runInAsyncScope(() => this.#receive(upgradeOf(message, socket, head, this.#proxied)));
    });
  }

  /** Any method may ask for an upgrade; those that no opening handshake has are for who answers HTTP requests there, if anybody. */
  #answersAsRequest({ method, url = '', headers }: IncomingMessage): boolean {
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    return method !== 'GET' && !hasBody && this.#endpoints.has(url);
  }

  #receive(attempt: UpgradeAttempt): void {
    const startedAt = this.#observation === null ? 0 : this.#scheduler.clock.now();
    const verdict = this.#judge(attempt);
    if (verdict.type === 'refused') {
      const { request = null, route = null } = verdict;
      this.#refuse({ attempt, request, route, startedAt }, attempt.openTransport('public'), verdict.refusal);
      return;
    }
    const transport = attempt.openTransport(verdict.route.profile.socketAccess);
    const candidate = { attempt, admission: verdict, transport, startedAt };
    if (this.#options.authenticate === undefined)
      this.#open(candidate, attempt.rest, everyone as Acceptance<User>);
    else void this.#authenticate(candidate);
  }

  /**
   * Shuts down in good order: new upgrades get 503 with Retry-After, open connections get 1001 in batches, those that
   * are left after `timeoutMs` are terminated, then ports are closed. Requests that are no upgrades have that time too.
   * A second call gives the same promise.
   *
   * @throws UsageError `ERR_WS_INVALID_OPTION`, `ERR_WS_INVALID_CLOSE_CODE`, `ERR_WS_INVALID_CLOSE_REASON`
   */
  drain(options: DrainOptions = {}): Promise<DrainReport> {
    checkDrainOptions(options);
    this.#draining ??= this.#shutDown(options);
    return this.#draining;
  }

  /**
   * Shuts down at once: as `drain`, with all connections in one batch and `closeTimeoutMs` to answer. While a drain is
   * under way it waits for that.
   */
  async close(): Promise<void> {
    await this.drain({ batchIntervalMs: 0, timeoutMs: this.#options.closeTimeoutMs ?? 5_000 });
  }

  async #shutDown(options: DrainOptions): Promise<DrainReport> {
    const { clock } = this.#scheduler;
    const deadline = clock.now() + (options.timeoutMs ?? drainTimeoutMs);
    for (const pending of this.#pending) pending.abort('draining');
    for (const listener of this.#listeners) listener.drain();
    const report = await drainPeers([...this.peers], options, clock);
    for (const detach of this.#detachers) detach();
    const graceMs = Math.max(0, deadline - clock.now());
    await Promise.all([...this.#listeners].map((listener) => listener.close(graceMs)));
    return report;
  }

  #requireRunning(): void {
    if (this.isDraining) throw new UsageError('ERR_WS_INVALID_STATE', 'the server is shutting down');
  }

  #judge(attempt: UpgradeAttempt): Verdict<User> {
    if (this.isDraining) return busy('shutting down');
    try {
      return this.#gatekeeper.judge(attempt);
    } catch (error) {
      this.#report(error);
      return { type: 'refused', refusal: refuse(500, 'the handshake could not be judged') };
    }
  }

  async #authenticate(candidate: Candidate<User>): Promise<void> {
    const { attempt, admission, transport } = candidate;
    const { clock } = this.#scheduler;
    const timeoutMs = this.#options.handshakeTimeoutMs ?? serverDefaults.handshakeTimeoutMs;
    const pending = new PendingHandshake(transport, clock, timeoutMs);
    this.#pending.add(pending);
    const decision = await pending.race(this.#decide(admission, pending.signal));
    this.#pending.remove(pending);
    if (decision === 'timeout') this.#turnAway(candidate, busy('authentication took too long').refusal);
    else if (decision === 'gone' || transport.isDestroyed) {
      admission.ticket.release();
      transport.destroy();
    } else if (decision === 'draining' || this.isDraining)
      this.#turnAway(candidate, busy('shutting down').refusal);
    else if (isRefusal(decision)) this.#turnAway(candidate, decision);
    else this.#open(candidate, pending.takeInput(attempt.rest), decision);
  }

  async #decide(admission: Admission<User>, signal: AbortSignal): Promise<Authentication<User>> {
    try {
      return checkAuthentication(await this.#options.authenticate?.(admission.request, signal));
    } catch (error) {
      if (!signal.aborted) this.#report(error);
      return refuse(500, 'authentication failed');
    }
  }

  #turnAway(candidate: Candidate<User>, refusal: Refusal): void {
    candidate.admission.ticket.release();
    this.#refuse(openingOf(candidate), candidate.transport, refusal);
  }

  #refuse(opening: OpeningUnderWay, transport: Transport, refusal: Refusal): void {
    const { attempt } = opening;
    this.#observation?.handleRefused(refusal, opening);
    const write = (to: Transport, what: Refusal): boolean => attempt.writeRefusal(to, what);
    refuseUpgrade(transport, refusal, this.#scheduler.clock, write);
  }

  #open(candidate: Candidate<User>, rest: Uint8Array, acceptance: Acceptance<User>): void {
    const { attempt, admission, transport } = candidate;
    const { request } = admission;
    const { route, profile } = admission.route;
    const granted = profile.deflate?.grant(admission.extensions) ?? null;
    const extensions = granted === null ? [] : [granted.answer];
    let subprotocol: string | undefined;
    try {
      subprotocol = chooseSubprotocol(route, request);
      attempt.writeAnswer(transport, { subprotocol, extensions, headers: acceptance.headers });
    } catch (error) {
      granted?.extension.close();
      this.#report(error);
      this.#turnAway(candidate, refuse(500, 'the handshake could not be answered'));
      return;
    }
    request.pack();
    const parts = profile.createParts(transport, this.#scheduler, granted?.extension);
    const identity = {
      request,
      user: acceptance.user,
      subprotocol: subprotocol ?? '',
      extensions: granted === null ? '' : formatExtensionList(extensions),
    };
    const served = new ServedPeer(this.#served, admission.ticket);
    const peer = new Peer<User>(parts, identity, route, served);
    served.join(peer);
    this.#observation?.handleOpened(peer, openingOf(candidate));
    peer.start(rest);
  }
}

/** A client that was let in so far, and that is not answered yet. */
interface Candidate<User> {
  readonly attempt: UpgradeAttempt;
  readonly admission: Admission<User>;
  readonly transport: Transport;
  /** When it came; 0 when nobody wants to know. */
  readonly startedAt: number;
}

function openingOf<User>({ attempt, admission, startedAt }: Candidate<User>): OpeningUnderWay {
  return { attempt, request: admission.request, route: admission.route.path, startedAt };
}

/** Makes a server; it does nothing before `listen` or `attach`. @throws UsageError `ERR_WS_INVALID_OPTION`, `ERR_WS_INVALID_SUBPROTOCOL` */
export function createServer<User = undefined>(options: ServerOptions<User>): WebSocketServer<User> {
  return new WebSocketServer(options);
}

const everyone: Acceptance<undefined> = accept(undefined);

function ignore(): void {}
