import { parseWebSocketUri } from 'ieum/core';

import type { RequestTarget } from './opening/opening-request.js';
import type { TransportTarget, TransportTls } from './wire/connect-transport.js';

/** The server under judgement. */
export interface Target {
  readonly url: string;
  readonly transport: TransportTarget;
  readonly request: RequestTarget;
}

export interface TargetOptions {
  /** Fields that every opening request has, as Origin or Authorization. */
  readonly headers?: readonly (readonly [string, string])[] | undefined;
  /** A Unix socket to connect to in place of the host of the URL. */
  readonly socketPath?: string | undefined;
  readonly tls?: TransportTls | undefined;
}

/** @throws UsageError `ERR_WS_INVALID_URL` */
export function targetOf(url: string, options: TargetOptions = {}): Target {
  const uri = parseWebSocketUri(url);
  return {
    url: uri.href,
    transport: {
      host: uri.hostname,
      port: uri.port,
      socketPath: options.socketPath,
      tls: uri.secure ? (options.tls ?? {}) : undefined,
    },
    request: {
      authority: uri.host,
      target: uri.target,
      secure: uri.secure,
      headers: options.headers ?? [],
    },
  };
}
