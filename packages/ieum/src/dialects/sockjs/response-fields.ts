import type { ExchangeRequest, ResponseHeaders } from '../../channel/http-exchange.js';

/** Lets pages of other origins read a response, where a request says it comes from one (Fetch §3.3). */
export function corsFields(request: ExchangeRequest): ResponseHeaders {
  const { origin } = request;
  const isNamed = origin !== undefined && origin !== 'null';
  const fields: (readonly [string, string])[] = [
    ['Access-Control-Allow-Origin', isNamed ? origin : '*'],
    ['Vary', 'Origin'],
  ];
  // A preflight that any origin may pass is for requests without credentials; browsers refuse it otherwise.
  if (isNamed || request.header('access-control-request-method') === undefined) {
    fields.push(['Access-Control-Allow-Credentials', 'true']);
  }
  const wanted = request.header('access-control-request-headers');
  if (wanted) fields.push(['Access-Control-Allow-Headers', wanted]);
  return fields;
}

/**
 * Keeps a response out of every cache, and away from who would compress it on its way and hold it back for that: those who
 * could, ask for it in the request.
 */
export function uncachedFields(request: ExchangeRequest): ResponseHeaders {
  const codings = (request.header('accept-encoding') ?? '').split(',').map((coding) => coding.trim());
  const mayChange = codings.some((coding) => coding !== '' && !/^identity\b/i.test(coding));
  const transform = mayChange ? 'no-transform, ' : '';
  return [
    ['Cache-Control', `no-store, no-cache, ${transform}must-revalidate, max-age=0`],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Accel-Buffering', 'no'],
  ];
}

/** Keeps a response in caches for a year. @param now milliseconds since 1970 */
export function cachedFields(now: number): ResponseHeaders {
  return [
    ['Cache-Control', `public, max-age=${yearSeconds}`],
    ['Expires', new Date(now + yearSeconds * 1_000).toUTCString()],
  ];
}

/** Answers a preflight. @param methods those that the URL has */
export function preflightFields(methods: string, now: number): ResponseHeaders {
  return [
    ...cachedFields(now),
    ['Access-Control-Max-Age', String(yearSeconds)],
    ['Access-Control-Allow-Methods', methods],
  ];
}

/** The cookie that load balancers look at: the client's own again, or one that means nothing. */
export function stickyCookie(request: ExchangeRequest): ResponseHeaders {
  const [, value = 'dummy'] = sessionCookie.exec(request.header('cookie') ?? '') ?? [];
  return [['Set-Cookie', `JSESSIONID=${value}; path=/`]];
}

export const plainText: readonly [string, string] = ['Content-Type', 'text/plain; charset=UTF-8'];

/** As it was sent, of the characters that a cookie may have (RFC 6265 §4.1.1). */
const sessionCookie =
  /(?:^|[;,]\s*)JSESSIONID=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,255})(?=$|[;,\s])/;
const yearSeconds = 365 * 24 * 60 * 60;
