import type { ExchangeRequest } from '../../channel/http-exchange.js';
import { UsageError } from '../../core/errors.js';
import { isSameOrigin } from '../../core/handshake/origin.js';

/** The part of a request that says where it comes from. */
export type OriginSubject = Pick<ExchangeRequest, 'origin' | 'host' | 'secure' | 'header'>;

/**
 * Which pages may open sessions.
 *
 * - `'same-origin'`: those of the host that was asked for, with scheme and port
 * - `'any'`: all
 * - a list: `https://example.com`, `https://*.example.com` (names below it, not itself), and `null`; the service's own
 *   origin always may
 * - a function: those it returns `true` for; it also decides on requests that tell nothing of where they come from
 */
export type OriginRule =
  | 'same-origin'
  | 'any'
  | readonly string[]
  | ((origin: string | undefined, request: OriginSubject) => boolean);

/** Where requests may come from. */
export interface OriginJudge {
  isAllowed(request: OriginSubject): boolean;
  /** Pages that may have ours in a frame, as a Content-Security-Policy names them; null for all. */
  readonly frameAncestors: string | null;
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` */
export function compileOriginRule(rule: OriginRule): OriginJudge {
  if (rule === 'any') return { isAllowed: () => true, frameAncestors: null };
  if (typeof rule === 'function') {
    return {
      isAllowed: (request) => rule(sourceOf(request), request) === true,
      frameAncestors: "'self'",
    };
  }
  if (rule !== 'same-origin' && !Array.isArray(rule)) {
    throw invalid("allowOrigin is 'same-origin', 'any', a list of origins or a function");
  }
  const listed = rule === 'same-origin' ? [] : rule.map(compileEntry);
  const sources = rule === 'same-origin' ? [] : rule.filter((entry) => entry !== 'null');
  return {
    isAllowed(request) {
      const source = sourceOf(request);
      return source === undefined || isOwn(source, request) || listed.some((matches) => matches(source));
    },
    frameAncestors: ["'self'", ...sources].join(' '),
  };
}

/**
 * Whether a request is known to come from a page of the origin that it goes to, or from no page: what a browser sends along
 * is meant then. A request that tells nothing may be a script that any page has loaded, if it is one that scripts can make.
 */
export function isFromOwnPage(request: OriginSubject, canBeScript: boolean): boolean {
  const source = sourceOf(request);
  if (source !== undefined) return isOwn(source, request);
  return !canBeScript || request.header('sec-fetch-site') !== undefined;
}

/**
 * The origin of the page that makes a request; undefined for none, or none that is told. Requests that load a script or a
 * frame have no Origin: browsers tell in other fields whether they cross origins.
 */
function sourceOf(request: OriginSubject): string | undefined {
  if (request.origin !== undefined) return request.origin;
  const site = request.header('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return undefined;
  const referer = request.header('referer');
  if (referer !== undefined && URL.canParse(referer)) return new URL(referer).origin;
  return site === undefined ? undefined : 'null';
}

function isOwn(source: string, { host, secure }: OriginSubject): boolean {
  return isSameOrigin(source, host, secure);
}

function compileEntry(entry: unknown): (source: string) => boolean {
  if (entry === 'null') return (source) => source === 'null';
  const [, scheme = '', below = '', host = ''] = originPattern.exec(String(entry)) ?? [];
  const url = `${scheme}${host}`;
  if (host === '' || !URL.canParse(url)) throw invalid(`${JSON.stringify(entry)} is no origin`);
  const { origin, protocol, host: name } = new URL(url);
  if (below === '') return (source) => source === origin;
  return (source) =>
    URL.canParse(source) &&
    new URL(source).protocol === protocol &&
    new URL(source).host.endsWith(`.${name}`);
}

function invalid(problem: string): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', `createSockJs: ${problem}`);
}

const originPattern = /^(https?:\/\/)(\*\.)?([^/?#@*\\\s]+)$/i;
