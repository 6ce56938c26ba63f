import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { ExtensionOffer } from '../core/handshake/extension-list.js';
import { HeaderFields } from '../core/handshake/header-fields.js';
import { type Refusal, refuse } from '../core/handshake/refusal.js';
import { parseRequestTarget } from '../core/handshake/request-target.js';
import { checkOpeningRequest } from '../core/handshake/server-handshake.js';

import { type AdmissionTicket, ConnectionLimits } from './admission/connection-limits.js';
import { resolveClient } from './admission/forwarded.js';
import { compileHostPolicy, type HostSubject } from './admission/host-policy.js';
import { compileOriginPolicy } from './admission/origin-policy.js';
import type { ProxiedConnections } from './admission/proxied-connections.js';
import type { TrustedProxies } from './admission/trusted-proxies.js';
import { type CompiledRoute, RouteTable } from './routes.js';
import type { Traffic } from './server-observer.js';
import type { ServerOptions } from './server-options.js';
import { type ClientSource, headOf, type Opening, sourceOf, type UpgradeAttempt } from './upgrade-attempt.js';
import { pathOf, UpgradeRequest } from './upgrade-request.js';

/** A client that may go on to `authenticate`. */
export interface Admission<User> {
  readonly type: 'admitted';
  readonly request: UpgradeRequest;
  readonly route: CompiledRoute<User>;
  readonly ticket: AdmissionTicket;
  /** The extensions that the client offers. */
  readonly extensions: readonly ExtensionOffer[];
}

export type Verdict<User> = Admission<User> | Refused;

/** A client that goes no further. */
export interface Refused {
  readonly type: 'refused';
  readonly refusal: Refusal;
  /** Left out when it was too malformed to be one. */
  readonly request?: UpgradeRequest;
  /** The path of the route, once that was found. */
  readonly route?: string;
}

/**
 * Looks at each opening handshake before the application does: is it well-formed, is there a route, may this page and
 * this host connect, is there room?
 */
export class Gatekeeper<User> {
  readonly #routes: RouteTable<User>;
  readonly #trusted: TrustedProxies;
  readonly #forwarding: ServerOptions['forwarding'];
  readonly #isAllowedHost: (subject: HostSubject) => boolean;
  readonly #isAllowedOrigin: (request: UpgradeRequest) => boolean;
  readonly #limits: ConnectionLimits;
  /** The last one that could be read: most clients ask for the same. */
  #soundHost: string | null = null;

  /** @throws UsageError `ERR_WS_INVALID_OPTION` */
  constructor(options: ServerOptions<User>, trusted: TrustedProxies) {
    this.#routes = new RouteTable(options.routes, options);
    this.#trusted = trusted;
    this.#forwarding = options.forwarding ?? 'x-forwarded';
    this.#isAllowedHost = compileHostPolicy(options.allowedHosts);
    this.#isAllowedOrigin = compileOriginPolicy(options.allowOrigin ?? 'same-origin');
    this.#limits = new ConnectionLimits(options);
  }

  /** The route that the path of a request target leads to. */
  routeOf(target: string): CompiledRoute<User> | undefined {
    const resource = parseRequestTarget(target)?.path;
    return resource === undefined ? undefined : this.#routes.find(pathOf(resource));
  }

  /** What went to and fro, by the paths of routes. */
  get traffic(): ReadonlyMap<string, Traffic> {
    return this.#routes.traffic;
  }

  /** Whether the connections of any route are accessed below `node:net`. */
  get hasDirectRoutes(): boolean {
    return this.#routes.uses('direct');
  }

  /** What is wrong with a request that `node:http` did not take for an upgrade. */
  refusalOf(message: IncomingMessage): Refusal {
    const check = checkOpeningRequest(headOf(message));
    return check.type === 'refused' ? check.refusal : refuse(400, 'this is no opening handshake');
  }

  /** Who asks for something that is no upgrade; a refusal when the host is none, or not ours. */
  describe(message: IncomingMessage, proxied: ProxiedConnections): UpgradeRequest | Refusal {
    const resource = parseRequestTarget(message.url ?? '');
    const host = resource?.host ?? message.headers.host ?? '';
    if (resource === null || !this.#isSoundHost(host)) return refuse(400, 'bad Host');
    const { path } = resource;
    const opening = { path, host, origin: message.headers.origin, subprotocols: [], extensions: [] };
    const fields = message.rawHeaders.filter((_, i, all) => !all[i - (i % 2)]?.startsWith(':'));
    const request = this.#describe(
      opening,
      HeaderFields.fromRaw(fields),
      sourceOf(socketOf(message), proxied),
    );
    return this.#isAllowedHost(request) ? request : refuse(403, 'this host is not served here');
  }

  /** Only a function of the application can make it throw. */
  judge(attempt: UpgradeAttempt): Verdict<User> {
    const check = attempt.check((target) => this.routeOf(target)?.route.takesDrafts === true);
    if (check.type === 'refused') return check;
    const request = this.#describe(check.request, check.headers, attempt.source);
    if (!this.#isSoundHost(request.host)) return { ...refused(400, 'bad Host'), request };
    const route = this.#routes.find(request.path);
    if (route === undefined) return { ...refused(404, 'no WebSocket endpoint here'), request };
    const refusal = route.route.refuse?.(request) ?? null;
    if (refusal !== null) return { type: 'refused', refusal, request, route: route.path };
    const ticket = this.#admit(request);
    if ('refusal' in ticket) return { ...ticket, request, route: route.path };
    const { extensions } = check.request;
    return { type: 'admitted', request, route, ticket, extensions };
  }

  #admit(request: UpgradeRequest): AdmissionTicket | Refused {
    if (!this.#isAllowedHost(request)) return refused(403, 'this host is not served here');
    if (!this.#isAllowedOrigin(request)) return refused(403, 'this origin may not connect');
    const ticket = this.#limits.tryAdmit(request.address);
    if (ticket === 'total') return busy('too many connections');
    return ticket === 'address' ? busy('too many connections from your address') : ticket;
  }

  #isSoundHost(host: string): boolean {
    if (host === this.#soundHost) return true;
    if (!URL.canParse(`ws://${host}`)) return false;
    this.#soundHost = host;
    return true;
  }

  #describe(opening: Opening, headers: HeaderFields, source: ClientSource): UpgradeRequest {
    const { remoteAddress, secure, tls } = source;
    const received = { remoteAddress, secure, host: opening.host, headers };
    const client = resolveClient(received, this.#trusted, this.#forwarding);
    return new UpgradeRequest({
      target: opening.path,
      headers,
      host: client.host ?? opening.host,
      secure: client.secure,
      address: client.address,
      origin: opening.origin,
      subprotocols: opening.subprotocols,
      tls,
    });
  }
}

/** The socket that a request came on, over HTTP/2 the one that its streams share. */
function socketOf(message: IncomingMessage): Socket {
  const { stream } = message as { readonly stream?: { readonly session?: { readonly socket: Socket } } };
  return stream?.session?.socket ?? message.socket;
}

/** 503 with a hint when to come back. */
export function busy(reason: string, retryAfterSeconds = 5): Refused {
  return {
    type: 'refused',
    refusal: refuse(503, reason, [['Retry-After', String(retryAfterSeconds)]]),
  };
}

function refused(status: number, reason: string): Refused {
  return { type: 'refused', refusal: refuse(status, reason) };
}
