import type { ExchangeRequest, ResponseHeaders } from '../../channel/http-exchange.js';
import { UsageError } from '../../core/errors.js';
import { isSameOrigin } from '../../core/handshake/origin.js';

/** Pages of which other origins may poll; those of WebSocket connections are the server's `allowOrigin`. */
export interface CorsOptions {
  /** `'*'` or true for all, false for none, or those that are listed, match or are let in by a function. */
  readonly origin: CorsOrigin;
  /** Whether cookies may come along; not with `'*'`, which is every page a user visits. Default false. */
  readonly credentials?: boolean;
}

export type CorsOrigin =
  | boolean
  | string
  | RegExp
  | readonly (string | RegExp)[]
  /** Returns whether, or a promise of it, or calls back. */
  | ((origin: string, callback: (error: unknown, isAllowed?: boolean) => void) => unknown);

/** What is said to a page about its origin; null when it is to be refused. */
export type JudgeOrigin = (request: ExchangeRequest) => Promise<ResponseHeaders | null>;

/** Makes the judge of origins: the server's own is always let in. @throws UsageError `ERR_WS_INVALID_OPTION` */
export function compileCors(cors: CorsOptions | undefined): JudgeOrigin {
  const { origin: allowed = false, credentials = false } = cors ?? {};
  const isOpen = allowed === '*' || allowed === true;
  if (allowed === '*' && credentials) {
    const problem = "cors: with credentials '*' would give every page its visitor's rights; list the origins";
    throw new UsageError('ERR_WS_INVALID_OPTION', problem);
  }
  return async (request) => {
    const { origin } = request;
    if (origin === undefined) return [];
    const isAllowed = isOpen || (await admits(allowed, origin));
    if (!isAllowed) return isSameOrigin(origin, request.host, request.secure) ? [] : null;
    if (allowed === '*') return [['Access-Control-Allow-Origin', '*']];
    const headers: (readonly [string, string])[] = [
      ['Access-Control-Allow-Origin', origin],
      ['Vary', 'Origin'],
    ];
    if (credentials) headers.push(['Access-Control-Allow-Credentials', 'true']);
    return headers;
  };
}

/** What a preflight asks for beside the origin. */
export function preflightHeaders(request: ExchangeRequest): ResponseHeaders {
  const asked = request.header('access-control-request-headers');
  return [
    ['Access-Control-Allow-Methods', 'GET, POST'],
    ...(asked === undefined ? [] : [['Access-Control-Allow-Headers', asked] as const]),
    ['Access-Control-Max-Age', '600'],
  ];
}

async function admits(allowed: CorsOrigin, origin: string): Promise<boolean> {
  if (typeof allowed === 'function') return decide(allowed, origin);
  const list = Array.isArray(allowed) ? (allowed as readonly (string | RegExp)[]) : [allowed];
  return list.some((entry) => (entry instanceof RegExp ? new RegExp(entry).test(origin) : entry === origin));
}

/** Nothing but true lets a page in. */
function decide(allowed: Extract<CorsOrigin, (...args: never) => unknown>, origin: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const answer = allowed(origin, (error, isAllowed) => resolve(!error && isAllowed === true));
    if (answer !== undefined)
      Promise.resolve(answer).then((isAllowed) => resolve(isAllowed === true), reject);
  });
}
