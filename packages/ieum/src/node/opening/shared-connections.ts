import type { WebSocketUri } from '../../core/handshake/websocket-uri.js';

import type { DialOptions } from '../dial/dial.js';

import type { Http2ClientConnection } from './http2-client-connection.js';

/**
 * Connections of HTTP/2 that several WebSocket connections share (RFC 8441), given as the option `http2` of each of them.
 *
 * Those share that go to the same host and port in the same way: by the same proxy, Unix socket, local address and family,
 * and with the same objects as `tls`, `proxyTls` and `environment`, so that nobody gets a connection that was made with
 * the certificate or the trust of somebody else. A connection ends with the last that uses it.
 */
export class SharedConnections {
  /** Null for a server that takes none. */
  readonly #known: Known[] = [];

  /**
   * The connection that can be used: one that is there or on its way, or one that `establish` makes; null when that finds
   * out that the server takes none, or when that is known. @internal
   */
  async use(
    place: Place,
    signal: AbortSignal,
    establish: () => Promise<Http2ClientConnection | null>,
  ): Promise<Http2ClientConnection | null> {
    for (;;) {
      const known = this.#known.find((entry) => isSamePlace(entry.place, place) && entry.isUsable());
      if (known === undefined) return this.#add(place, establish());
      const connection = await Promise.race([known.connection.catch(() => undefined), aborted(signal)]);
      signal.throwIfAborted();
      if (connection === null || connection?.hasRoom) return connection;
    }
  }

  #add(
    place: Place,
    connection: Promise<Http2ClientConnection | null>,
  ): Promise<Http2ClientConnection | null> {
    const entry = new Known(place, connection);
    const isStale = (known: Known) => !known.isUsable();
    for (let i = this.#known.findIndex(isStale); i !== -1; i = this.#known.findIndex(isStale)) {
      this.#known.splice(i, 1);
    }
    if (this.#known.length >= maxKnown) this.#known.shift();
    this.#known.push(entry);
    return connection;
  }
}

/** Where a connection goes, and how: the same for two that may share one. */
export type Place = readonly unknown[];

export function placeOf({ secure, hostname, port }: WebSocketUri, options: DialOptions): Place {
  const { socketPath, tls, proxy, proxyTls, environment, localAddress, family } = options;
  return [
    secure,
    hostname,
    port,
    socketPath,
    tls,
    String(proxy),
    proxyTls,
    environment,
    localAddress,
    family,
  ];
}

/** What is known of one way to one server. */
class Known {
  readonly place: Place;
  readonly connection: Promise<Http2ClientConnection | null>;
  /** Undefined until it is known. */
  #result: Http2ClientConnection | null | undefined;
  #hasFailed = false;

  constructor(place: Place, connection: Promise<Http2ClientConnection | null>) {
    this.place = place;
    this.connection = connection;
    connection.then(
      (result) => {
        this.#result = result;
      },
      () => {
        this.#hasFailed = true;
      },
    );
  }

  /** Whether it is worth waiting for, or good for one more WebSocket connection. */
  isUsable(): boolean {
    if (this.#hasFailed) return false;
    return this.#result === undefined || this.#result === null || this.#result.hasRoom;
  }
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.every((part, i) => part === b[i]);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** How many ways to servers are remembered. */
const maxKnown = 1_000;
