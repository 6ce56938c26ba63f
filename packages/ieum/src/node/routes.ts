import { UsageError } from '../core/errors.js';
import type { Refusal } from '../core/handshake/refusal.js';
import { checkSubprotocols } from '../core/handshake/subprotocols.js';

import {
  checkNames,
  describe,
  type OptionVocabulary,
  requireFunctions,
  requireObject,
  requireOneOf,
} from '../core/option-check.js';
import { routeHints } from './option-hints.js';
import type { PeerHandlers } from './peer-handlers.js';
import {
  checkPeerHandlers,
  checkPeerOptions,
  type PeerOptions,
  peerHandlerNames,
  peerOptionNames,
  peerOptionsOf,
} from './peer-options.js';
import { PeerProfile } from './peer-profile.js';
import type { Traffic } from './server-observer.js';
import type { SocketAccess } from './transport/transport.js';
import type { UpgradeRequest } from './upgrade-request.js';

/** Chooses one of the subprotocols that a client offers, or undefined for none. */
export type ChooseSubprotocol = (offered: readonly string[], request: UpgradeRequest) => string | undefined;

/** What happens to connections of one path: handlers, subprotocols, and limits where they differ from the server's. */
export interface Route<User = unknown> extends PeerHandlers<User>, PeerOptions {
  /**
   * The subprotocols that this path speaks, the preferred one first, or a function that chooses. The first one that the
   * client offers too is used; none if there is no such. Default: none.
   */
  readonly subprotocols?: readonly string[] | ChooseSubprotocol;
  /**
   * Whether versions 7 and 8 of the handshake will do too: those of drafts of RFC 6455, with the same frames. Default false.
   * Only over HTTP/1.1.
   */
  readonly takesDrafts?: boolean;
  /** Refuses what is no endpoint, on a path with `*`; null or undefined for what is one. Called before anything else is judged. */
  refuse?(request: UpgradeRequest): Refusal | null | undefined;
}

/**
 * Routes by path. `/chat` matches that path alone, `/rooms/*` every path that begins with `/rooms/`; the longest match
 * wins. Paths are compared as the client sent them, without decoding.
 */
export type Routes<User = unknown> = Readonly<Record<string, Route<User>>>;

/** A route and what its connections share. */
export interface CompiledRoute<User> {
  /** As the options have it. */
  readonly path: string;
  readonly route: Route<User>;
  readonly profile: PeerProfile;
}

export class RouteTable<User> {
  readonly #exact = new Map<string, CompiledRoute<User>>();
  /** The longest prefix first. */
  readonly #prefixes: (readonly [prefix: string, route: CompiledRoute<User>])[] = [];

  /** @throws UsageError `ERR_WS_INVALID_OPTION`, `ERR_WS_INVALID_SUBPROTOCOL` */
  constructor(routes: Routes<User>, defaults: PeerOptions) {
    checkRoutes(routes);
    const shared = peerOptionsOf(defaults);
    for (const [path, route] of Object.entries(routes)) {
      checkRoute(path, route);
      const compiled = {
        path,
        route,
        profile: new PeerProfile('server', { ...shared, ...peerOptionsOf(route) }),
      };
      if (path.endsWith('/*')) this.#prefixes.push([path.slice(0, -1), compiled]);
      else this.#exact.set(path, compiled);
    }
    this.#prefixes.sort(([a], [b]) => b.length - a.length);
  }

  /** What went to and fro on each, by its path. */
  get traffic(): ReadonlyMap<string, Traffic> {
    const all = [...this.#exact.values(), ...this.#prefixes.map(([, route]) => route)];
    return new Map(all.map(({ path, profile }) => [path, profile.traffic]));
  }

  find(path: string): CompiledRoute<User> | undefined {
    return this.#exact.get(path) ?? this.#prefixes.find(([prefix]) => path.startsWith(prefix))?.[1];
  }

  /** Whether the connections of any route are accessed in this way. */
  uses(access: SocketAccess): boolean {
    const all = [...this.#exact.values(), ...this.#prefixes.map(([, route]) => route)];
    return all.some(({ profile }) => profile.socketAccess === access);
  }
}

/** The subprotocol that a route speaks with this client, or undefined for none. */
export function chooseSubprotocol<User>(route: Route<User>, request: UpgradeRequest): string | undefined {
  const { subprotocols } = route;
  if (subprotocols === undefined) return undefined;
  if (typeof subprotocols === 'function') return subprotocols(request.subprotocols, request);
  return subprotocols.find((subprotocol) => request.subprotocols.includes(subprotocol));
}

function checkRoute<User>(path: string, route: Route<User>): void {
  if (!path.startsWith('/') || /[?#\s]/.test(path) || path.slice(0, -1).includes('*')) {
    throw new UsageError(
      'ERR_WS_INVALID_OPTION',
      `the route ${JSON.stringify(path)} is no path: write "/chat" or "/rooms/*"`,
    );
  }
  const name = `the route ${path}`;
  requireObject(name, route, 'write { message(peer, message) { … } }');
  checkNames(name, route, routeVocabulary);
  checkPeerOptions(route);
  checkPeerHandlers(`${name}: `, route);
  requireFunctions(`${name}: `, route, ['refuse']);
  const { subprotocols, takesDrafts } = route;
  if (takesDrafts !== undefined) requireOneOf(`${name}: takesDrafts`, takesDrafts, [true, false]);
  if (subprotocols === undefined || typeof subprotocols === 'function') return;
  if (!Array.isArray(subprotocols)) {
    throw new UsageError(
      'ERR_WS_INVALID_SUBPROTOCOL',
      `${name}: subprotocols are a list of strings or a function, not ${describe(subprotocols)}`,
    );
  }
  checkSubprotocols(subprotocols);
}

function checkRoutes(routes: unknown): void {
  const example = "write routes: { '/chat': { message(peer, message) { … } } }";
  if (routes === undefined) throw new UsageError('ERR_WS_INVALID_OPTION', `routes are missing: ${example}`);
  requireObject('routes', routes, example);
  if (Symbol.iterator in routes) {
    throw new UsageError('ERR_WS_INVALID_OPTION', `routes must be a plain object: ${example}`);
  }
}

const routeVocabulary: OptionVocabulary = {
  names: [...peerOptionNames, ...peerHandlerNames, 'subprotocols', 'takesDrafts', 'refuse'],
  hints: routeHints,
};
