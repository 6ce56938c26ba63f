import type { PeerCertificate, TLSSocket } from 'node:tls';

import { HeaderFields } from '../core/handshake/header-fields.js';

export interface UpgradeRequestParts {
  readonly target: string;
  readonly headers: HeaderFields;
  readonly host: string;
  readonly secure: boolean;
  readonly address: string;
  readonly origin: string | undefined;
  readonly subprotocols: readonly string[];
  /** Null without TLS, and when another process ended it. */
  readonly tls: TLSSocket | null;
}

/** The request of an opening handshake, however it came to us. */
export class UpgradeRequest {
  /** Path and query, as the client sent them. */
  readonly target: string;
  /** The host, and perhaps port, that the client asked for, as far as trusted proxies tell. */
  readonly host: string;
  /** Whether the client spoke TLS, to us or to a trusted proxy. */
  readonly secure: boolean;
  /** The client's IP address, as far as trusted proxies tell; `unknown` on a Unix socket. */
  readonly address: string;
  /** Undefined for most clients that are no browsers. */
  readonly origin: string | undefined;
  /** The subprotocols offered, the preferred one first. */
  readonly subprotocols: readonly string[];
  readonly #tls: TLSSocket | null;
  /** As one text once the handshake is done, until somebody asks again. */
  #headers: HeaderFields | string;
  #url: URL | null = null;

  constructor(parts: UpgradeRequestParts) {
    this.target = parts.target;
    this.#headers = parts.headers;
    this.host = parts.host;
    this.secure = parts.secure;
    this.address = parts.address;
    this.origin = parts.origin;
    this.subprotocols = parts.subprotocols.length === 0 ? none : parts.subprotocols;
    this.#tls = parts.tls;
  }

  get headers(): HeaderFields {
    if (typeof this.#headers === 'string') this.#headers = HeaderFields.fromText(this.#headers);
    return this.#headers;
  }

  /** Keeps less memory for a request that is kept long and rarely looked at. @internal */
  pack(): void {
    if (typeof this.#headers !== 'string') this.#headers = this.#headers.toText();
  }

  /** The path alone, as the client sent it. */
  get path(): string {
    return pathOf(this.target);
  }

  get query(): URLSearchParams {
    return this.url.searchParams;
  }

  /** The whole URL that the client connected to. */
  get url(): URL {
    this.#url ??= new URL(`${this.secure ? 'wss' : 'ws'}://${this.host}${this.target}`);
    return this.#url;
  }

  /** The value of a cookie, percent-decoded where it can be; undefined when it was not sent. */
  cookie(name: string): string | undefined {
    for (const field of this.headers.getAll('Cookie')) {
      for (const pair of field.split(';')) {
        const equals = pair.indexOf('=');
        if (equals !== -1 && pair.slice(0, equals).trim() === name)
          return decode(pair.slice(equals + 1).trim());
      }
    }
    return undefined;
  }

  /**
   * The client's TLS certificate; null without one, and when another process ended TLS. It was verified if the server's
   * TLS options ask for that (`requestCert` and `rejectUnauthorized`).
   */
  get clientCertificate(): PeerCertificate | null {
    const certificate = this.#tls?.getPeerCertificate();
    return certificate && Object.keys(certificate).length > 0 ? certificate : null;
  }
}

/** A request target in origin form less its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function decode(value: string): string {
  const bare = value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}

const none: readonly string[] = [];
