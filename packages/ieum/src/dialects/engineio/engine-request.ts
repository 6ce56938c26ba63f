import type { ExchangeRequest } from '../../channel/http-exchange.js';

/** The request that opened a session, over HTTP or as the opening handshake of a WebSocket connection. */
export interface EngineRequest {
  /** As the client sent it, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly host: string;
  /** Whether the client spoke TLS, to us or to a trusted proxy. */
  readonly secure: boolean;
  /** The client's IP address. */
  readonly address: string;
  /** Undefined for most clients that are no browsers. */
  readonly origin: string | undefined;
  /** The values of a field, joined by commas; undefined when it was not sent. */
  header(name: string): string | undefined;
  /** The value of a cookie; undefined when it was not sent. */
  cookie(name: string): string | undefined;
}

/** An opening handshake as a server has it. */
export interface UpgradeDescription
  extends Pick<ExchangeRequest, 'path' | 'query' | 'host' | 'secure' | 'address' | 'origin' | 'cookie'> {
  readonly headers: { getAll(name: string): readonly string[] };
}

/** An opening handshake, described as a plain request is. */
export function requestOfUpgrade(upgrade: UpgradeDescription): EngineRequest {
  const { path, host, secure, address, origin } = upgrade;
  return {
    path,
    host,
    secure,
    address,
    origin,
    get query() {
      return upgrade.query;
    },
    header: (name) => {
      const values = upgrade.headers.getAll(name);
      return values.length === 0 ? undefined : values.join(', ');
    },
    cookie: (name) => upgrade.cookie(name),
  };
}
