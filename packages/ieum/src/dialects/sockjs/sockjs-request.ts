import type { ExchangeRequest } from '../../channel/http-exchange.js';
import type { SockJsTransport } from '../../codecs/sockjs/index.js';

import { isFromOwnPage } from './origin-judge.js';
import type { SockJsSettings } from './sockjs-options.js';

/** The request that opened a session, as far as a service may know it: the session's name is the client's secret. */
export interface SockJsRequest
  extends Pick<
    ExchangeRequest,
    'query' | 'header' | 'cookie' | 'host' | 'secure' | 'address' | 'origin' | 'path'
  > {
  /** How the session travels at first; `raw-websocket` for a WebSocket client that is none of SockJS. */
  readonly transport: SockJsTransport | 'raw-websocket';
}

/** What is needed to describe a request. */
export type RequestSource = Omit<ExchangeRequest, 'method' | 'httpVersion'>;

/** Describes a request; `path` is the prefix, and cookies and `Authorization` are left out where they may be another page's. */
export function describeRequest(
  source: RequestSource,
  transport: SockJsRequest['transport'],
  { prefix, credentials }: Pick<SockJsSettings, 'prefix' | 'credentials'>,
): SockJsRequest {
  const canBeScript = transport === 'jsonp' || transport === 'htmlfile';
  const isTrusted = credentials === 'include' || isFromOwnPage(source, canBeScript);
  return {
    transport,
    path: prefix,
    query: source.query,
    host: source.host,
    secure: source.secure,
    address: source.address,
    origin: source.origin,
    header: (name) => (isTrusted || !secretFields.has(name.toLowerCase()) ? source.header(name) : undefined),
    cookie: (name) => (isTrusted ? source.cookie(name) : undefined),
  };
}

const secretFields: ReadonlySet<string> = new Set(['cookie', 'authorization']);
