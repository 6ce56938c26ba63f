import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import type { CreatedOpeningRequest } from '../../core/handshake/client-handshake.js';
import type { WebSocketUri } from '../../core/handshake/websocket-uri.js';

import { type DialOptions, dial } from '../dial/dial.js';

import { openOverHttp1 } from './http1-opening.js';
import { type ConnectAttempt, Http2ClientConnection } from './http2-client-connection.js';
import type { AttemptLimits, OpeningResult } from './opening-result.js';
import { placeOf, type SharedConnections } from './shared-connections.js';

/** One opening handshake with one server, as it looks over either version of HTTP. */
export interface OpeningRequests {
  readonly uri: WebSocketUri;
  readonly options: DialOptions & { readonly http2?: 'auto' | false | SharedConnections };
  readonly opening: CreatedOpeningRequest;
  readonly connect: ConnectAttempt;
}

/** Connects and asks, over HTTP/2 where that is allowed and the server takes it. Rejects as `openStream` does. */
export async function requestOpening(
  requests: OpeningRequests,
  limits: AttemptLimits,
): Promise<OpeningResult> {
  const { uri, options, opening, connect } = requests;
  const way = new Way(uri, { ...options, signal: limits.signal }, limits);
  const connection = uri.secure && options.http2 !== false ? await way.toHttp2(options.http2) : null;
  const result = await connection?.open(connect, limits);
  if (result !== undefined && result.type !== 'unprocessed') return result;
  return openOverHttp1(await way.toHttp1(), opening, limits);
}

/** The way to a server. */
class Way {
  readonly #uri: WebSocketUri;
  readonly #options: DialOptions;
  readonly #limits: AttemptLimits;
  /** A connection that turned out to be one of HTTP/1.1. */
  #http1: Socket | null = null;

  constructor(uri: WebSocketUri, options: DialOptions, limits: AttemptLimits) {
    this.#uri = uri;
    this.#options = options;
    this.#limits = limits;
  }

  /** Null when the server does not take WebSocket connections over HTTP/2. */
  toHttp2(shared: 'auto' | SharedConnections = 'auto'): Promise<Http2ClientConnection | null> {
    if (shared === 'auto') return this.#negotiate();
    return shared.use(placeOf(this.#uri, this.#options), this.#limits.signal, () => this.#negotiate());
  }

  async toHttp1(): Promise<Socket> {
    return this.#http1 ?? (await dial(this.#uri, this.#options));
  }

  async #negotiate(): Promise<Http2ClientConnection | null> {
    const socket = await dial(this.#uri, this.#options, ['h2', 'http/1.1']);
    if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') {
      return Http2ClientConnection.start(socket, this.#uri.host, this.#limits);
    }
    this.#http1 = socket;
    return null;
  }
}
