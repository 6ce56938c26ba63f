import { randomBytes } from 'node:crypto';

import { requirePositive } from '../../core/connection-options.js';
import { UsageError } from '../../core/errors.js';
import { createKey } from '../../core/handshake/accept-key.js';
import { type CreatedOpeningRequest, createOpeningRequest } from '../../core/handshake/client-handshake.js';
import { createConnectRequest } from '../../core/handshake/extended-connect.js';
import type { ExtensionOffer } from '../../core/handshake/extension-list.js';
import { type HeaderField, HeaderFields } from '../../core/handshake/header-fields.js';
import { parseWebSocketUri, type WebSocketUri } from '../../core/handshake/websocket-uri.js';
import { describe, requireObject, requireOneOf } from '../../core/option-check.js';
import type { DialOptions } from '../dial/dial.js';
import type { SocketAccess, Transport } from '../transport/transport.js';
import { UpgradeRequest } from '../upgrade-request.js';

import { type HandshakeAnswer, HandshakeError } from './handshake-error.js';
import type { ConnectAttempt } from './http2-client-connection.js';
import type { AcceptedStream, AttemptLimits } from './opening-result.js';
import { isFollowed, isSameServer, redirectTarget, withoutCredentials } from './redirect.js';
import { requestOpening } from './request-opening.js';
import { SharedConnections } from './shared-connections.js';

/** The extensions that a client offers. */
export interface OfferedExtensions {
  readonly extensions?: readonly ExtensionOffer[];
}

/** How a client opens a connection. */
export interface OpeningOptions extends DialOptions {
  /** Subprotocols to offer, the preferred one first. Default none. */
  readonly subprotocols?: readonly string[];
  /** The Origin to send. Default none. */
  readonly origin?: string;
  /** Further header fields. Those that the handshake writes itself are refused. */
  readonly headers?: Iterable<HeaderField> | Readonly<Record<string, string>>;
  /**
   * Whether HTTP/2 may be used with a `wss:` server that chooses it by ALPN and announces that it takes WebSocket connections
   * over it (RFC 8441). With one that chooses it and does not, HTTP/1.1 is used on a second connection: `false` spares the
   * first. Each WebSocket connection has a TCP connection of its own, unless they are given the same `SharedConnections`.
   * Default `'auto'`.
   */
  readonly http2?: 'auto' | false | SharedConnections;
  /** How many redirects to follow. Default 0. Credentials go to no other server, and never from `wss:` to `ws:`. */
  readonly maxRedirects?: number;
  /** How long the whole attempt may take: proxy, TLS, redirects and all. Default 10,000 ms. */
  readonly handshakeTimeoutMs?: number;
  /** The most bytes that the head of a response may have. Default 16 KiB. */
  readonly maxHeaderBytes?: number;
}

/** A byte stream whose opening handshake is done. */
export interface OpenedStream {
  /** Bytes that came behind the handshake. */
  readonly head: Uint8Array;
  /** Empty for none. */
  readonly subprotocol: string;
  /** What the server granted. */
  readonly extensions: readonly ExtensionOffer[];
  readonly request: UpgradeRequest;
  /** Takes it over. Called once. */
  openTransport(access: SocketAccess): Transport;
}

/**
 * Connects and performs the opening handshake (RFC 6455 §4.1).
 *
 * @throws UsageError for options that cannot work, before anything is sent
 * @throws ConnectError, HandshakeError, or the signal's reason; no socket stays open then
 */
export async function openStream(
  url: string | URL,
  options: OpeningOptions & OfferedExtensions = {},
): Promise<OpenedStream> {
  const uri = parseWebSocketUri(url);
  const { handshakeTimeoutMs = 10_000, maxHeaderBytes = 16 * 1024, maxRedirects = 0, signal } = options;
  checkLimits({ handshakeTimeoutMs, maxHeaderBytes, maxRedirects });
  checkTypes(options);
  const attempt = prepare(uri, { ...options, headers: fieldsOf(options.headers) }, 0);

  signal?.throwIfAborted();
  const end = new AbortController();
  const stop = (): void => end.abort(signal?.reason);
  const timer = setTimeout(() => end.abort(timedOut(handshakeTimeoutMs)), timerDelay(handshakeTimeoutMs));
  signal?.addEventListener('abort', stop);
  try {
    return await follow(attempt, { signal: end.signal, maxHeaderBytes, maxRedirects });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

type AttemptOptions = OpeningOptions & OfferedExtensions & { readonly headers: readonly HeaderField[] };

/** One request to one server. */
interface Attempt {
  readonly uri: WebSocketUri;
  readonly options: AttemptOptions;
  /** Over HTTP/1.1. */
  readonly opening: CreatedOpeningRequest;
  /** The same over HTTP/2. */
  readonly connect: ConnectAttempt;
  /** How many redirects led here. */
  readonly redirects: number;
}

function prepare(uri: WebSocketUri, options: AttemptOptions, redirects: number): Attempt {
  const { subprotocols, origin, headers, extensions } = options;
  if (subprotocols !== undefined && !Array.isArray(subprotocols)) {
    throw new UsageError('ERR_WS_INVALID_SUBPROTOCOL', 'subprotocols are an array of strings');
  }
  const asked = { uri, subprotocols, origin, headers, extensions };
  const opening = createOpeningRequest({ ...asked, key: createKey(randomBytes(16)) });
  const connect = { fields: createConnectRequest(asked), offer: opening.expectation };
  return { uri, options, opening, connect, redirects };
}

async function follow(first: Attempt, limits: AttemptLimits): Promise<OpenedStream> {
  for (let attempt = first; ; ) {
    const result = await requestOpening(attempt, limits);
    if (result.type === 'accepted') return opened(attempt, result.stream);
    const { answer } = result;
    if (!isFollowed(answer.status, limits)) throw refused(answer);
    attempt = redirected(attempt, answer, limits.maxRedirects);
  }
}

function redirected(from: Attempt, answer: HandshakeAnswer, maxRedirects: number): Attempt {
  if (from.redirects >= maxRedirects) {
    throw new HandshakeError('ERR_WS_TOO_MANY_REDIRECTS', `more than ${maxRedirects} redirects`, { answer });
  }
  const uri = redirectTarget(from.uri, answer.headers);
  const options = isSameServer(from.uri, uri) ? from.options : forOtherServer(from.options);
  try {
    return prepare(uri, options, from.redirects + 1);
  } catch (cause) {
    throw new HandshakeError('ERR_WS_REDIRECT', 'the redirect leads to no usable URL', { answer, cause });
  }
}

/** The options less what is meant for the first server only: credentials, a client certificate, a Unix socket. */
function forOtherServer(options: AttemptOptions): AttemptOptions {
  const { socketPath: _path, tls, headers, ...rest } = options;
  const safe = { ...rest, headers: withoutCredentials(headers) };
  if (tls === undefined) return safe;
  const forAnyServer = Object.entries(tls).filter(([name]) => !firstServerTls.has(name));
  return { ...safe, tls: Object.fromEntries(forAnyServer) };
}

function opened({ uri, options }: Attempt, stream: AcceptedStream): OpenedStream {
  const request = new UpgradeRequest({
    target: uri.target,
    headers: new HeaderFields(options.headers),
    host: uri.host,
    secure: uri.secure,
    address: stream.address,
    origin: options.origin,
    subprotocols: options.subprotocols ?? [],
    tls: stream.tls,
  });
  const { head, subprotocol = '', extensions } = stream;
  return { head, subprotocol, extensions, request, openTransport: (access) => stream.openTransport(access) };
}

function refused(answer: HandshakeAnswer): HandshakeError {
  const firstLine = answer.body.split('\n', 1)[0]?.trim().slice(0, 200) ?? '';
  const words = firstLine === '' ? `${answer.status}` : `${answer.status}: ${firstLine}`;
  return new HandshakeError('ERR_WS_HANDSHAKE_REFUSED', `the server answered ${words}`, { answer });
}

function timedOut(timeoutMs: number): HandshakeError {
  return new HandshakeError(
    'ERR_WS_HANDSHAKE_TIMEOUT',
    `no answer to the opening handshake within ${timeoutMs} ms`,
  );
}

function checkLimits(limits: Omit<AttemptLimits, 'signal'> & { readonly handshakeTimeoutMs: number }): void {
  requirePositive('handshakeTimeoutMs', limits.handshakeTimeoutMs);
  const { maxHeaderBytes, maxRedirects } = limits;
  if (!Number.isSafeInteger(maxHeaderBytes) || maxHeaderBytes <= 0) {
    throw new UsageError('ERR_WS_INVALID_OPTION', 'maxHeaderBytes must be an integer above zero');
  }
  if (!Number.isSafeInteger(maxRedirects) || maxRedirects < 0) {
    throw new UsageError('ERR_WS_INVALID_OPTION', 'maxRedirects must be an integer, zero or more');
  }
}

/** The platform fires at once when a delay is longer than it can count. */
function timerDelay(timeoutMs: number): number {
  return Math.min(timeoutMs, 2 ** 31 - 1);
}

/** What would otherwise be noticed by the platform, in words of its own or too late. */
function checkTypes(options: OpeningOptions): void {
  const { signal, origin, tls, proxy, proxyTls, environment, socketPath, localAddress, family } = options;
  if (signal !== undefined && !isAbortSignal(signal)) {
    throw new UsageError('ERR_WS_INVALID_OPTION', `signal must be an AbortSignal, not ${describe(signal)}`);
  }
  for (const [name, value] of Object.entries({ tls, proxyTls, environment })) {
    if (value !== undefined) requireObject(name, value);
  }
  for (const [name, value] of Object.entries({ origin, socketPath, localAddress })) {
    if (value === undefined || typeof value === 'string') continue;
    throw new UsageError('ERR_WS_INVALID_OPTION', `${name} must be a string, not ${describe(value)}`);
  }
  if (proxy !== undefined && proxy !== false && typeof proxy !== 'string' && !(proxy instanceof URL)) {
    throw new UsageError('ERR_WS_INVALID_OPTION', `proxy must be a URL or false, not ${describe(proxy)}`);
  }
  if (family !== undefined) requireOneOf('family', family, [0, 4, 6]);
  const { http2 } = options;
  if (http2 !== undefined && http2 !== 'auto' && http2 !== false && !(http2 instanceof SharedConnections)) {
    throw new UsageError(
      'ERR_WS_INVALID_OPTION',
      `http2 must be 'auto', false or SharedConnections, not ${describe(http2)}`,
    );
  }
}

/** Signals of other realms are as good. */
function isAbortSignal(signal: unknown): boolean {
  const { aborted, addEventListener, throwIfAborted } = Object(signal) as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof throwIfAborted === 'function'
  );
}

function fieldsOf(headers: OpeningOptions['headers']): HeaderField[] {
  if (headers === undefined) return [];
  if (typeof headers !== 'object' || headers === null) {
    throw new UsageError('ERR_WS_INVALID_HEADER', `headers are an object or pairs, not ${describe(headers)}`);
  }
  const isIterable = Symbol.iterator in headers;
  const fields: readonly unknown[] = isIterable
    ? [...(headers as Iterable<HeaderField>)]
    : Object.entries(headers);
  for (const field of fields) {
    if (!Array.isArray(field) || typeof field[0] !== 'string' || typeof field[1] !== 'string') {
      throw new UsageError('ERR_WS_INVALID_HEADER', 'headers are pairs of strings');
    }
  }
  return fields as HeaderField[];
}

const openingOptions: Readonly<Record<keyof OpeningOptions, true>> = {
  subprotocols: true,
  origin: true,
  headers: true,
  http2: true,
  maxRedirects: true,
  handshakeTimeoutMs: true,
  maxHeaderBytes: true,
  signal: true,
  socketPath: true,
  tls: true,
  proxy: true,
  proxyTls: true,
  environment: true,
  localAddress: true,
  family: true,
};

/** The names of all options of an opening. */
export const openingOptionNames: readonly string[] = Object.keys(openingOptions);

/** TLS options that prove who we are, or that are about one server. */
const firstServerTls: ReadonlySet<string> = new Set([
  'cert',
  'clientCertEngine',
  'key',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'secureContext',
  'servername',
  'session',
]);
