import { randomBytes } from 'node:crypto';
import { isIP, type TcpNetConnectOpts } from 'node:net';
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls';

import {
  type CreatedOpeningRequest,
  createKey,
  createOpeningRequest,
  parseWebSocketUri,
  type WebSocketUri,
} from 'ieum/core';

import { compressionOffer } from './compression.js';
import type { OpeningPlan } from './load-job.js';

/** An opening handshake that is ready to be sent. */
export interface ReadyHandshake {
  readonly request: Buffer;
  readonly expectation: CreatedOpeningRequest['expectation'];
}

/** The server that is loaded, and what all connections of a process share. */
export class Target {
  readonly uri: WebSocketUri;
  /** Whether connections must have compression. */
  readonly compressed: boolean;
  /** What a connection received is here until it was handled. */
  readonly readBuffer: Buffer = Buffer.allocUnsafeSlow(readBufferBytes);
  readonly #opening: OpeningPlan;
  readonly #secureContext: SecureContext | null;
  /** Made ahead, used in turn. */
  readonly #handshakes: readonly ReadyHandshake[];
  readonly #hasManyAddresses: boolean;
  #opened = 0;

  /**
   * @param url a `ws:` or `wss:` URL
   * @param opening how to open
   * @param options `spreadAddresses` connects from many loopback addresses, where that can be done: each has 28,000 ports,
   *   and a port rests for a minute after use; `compressed` offers compression
   */
  constructor(url: string, opening: OpeningPlan, options: { spreadAddresses: boolean; compressed: boolean }) {
    this.uri = parseWebSocketUri(url);
    this.compressed = options.compressed;
    this.#opening = opening;
    this.#secureContext = this.uri.secure ? createSecureContext(secureContextOptions(opening)) : null;
    this.#handshakes = Array.from({ length: handshakeCount }, () =>
      createHandshake(this.uri, opening, options.compressed),
    );
    const isLoopback = process.platform === 'linux' && /^127\./.test(opening.address);
    this.#hasManyAddresses = options.spreadAddresses && isLoopback;
  }

  nextHandshake(): ReadyHandshake {
    return this.#handshakes[this.#opened % handshakeCount] as ReadyHandshake;
  }

  /** Where to connect next. */
  nextEndpoint(): TcpNetConnectOpts {
    const index = this.#opened++;
    const { address } = this.#opening;
    return {
      host: address,
      port: this.uri.port,
      ...(this.#hasManyAddresses ? { localAddress: `127.0.0.${1 + (index % loopbackAddresses)}` } : {}),
    };
  }

  /** How to speak TLS there; null when it is not to be spoken. */
  get tls(): ConnectionOptions | null {
    if (this.#secureContext === null) return null;
    const { hostname } = this.uri;
    return {
      secureContext: this.#secureContext,
      servername: isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : '',
      rejectUnauthorized: this.#opening.tls.rejectUnauthorized ?? true,
      ALPNProtocols: ['http/1.1'],
    };
  }
}

function secureContextOptions({ tls }: OpeningPlan): Parameters<typeof createSecureContext>[0] {
  const { ca, cert, key } = tls;
  return {
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
  };
}

function createHandshake(uri: WebSocketUri, opening: OpeningPlan, compressed: boolean): ReadyHandshake {
  const { text, expectation } = createOpeningRequest({
    uri,
    key: createKey(randomBytes(16)),
    headers: opening.headers,
    subprotocols: opening.subprotocols,
    extensions: compressed ? [compressionOffer] : [],
    origin: opening.origin ?? undefined,
  });
  return { request: Buffer.from(text, 'latin1'), expectation };
}

const readBufferBytes = 256 * 1024;
const handshakeCount = 256;
const loopbackAddresses = 200;
