/** The last part of a session's URL. */
export type SockJsTransport =
  | 'websocket'
  | 'xhr'
  | 'xhr_streaming'
  | 'xhr_send'
  | 'eventsource'
  | 'htmlfile'
  | 'jsonp'
  | 'jsonp_send';

/** A session's URL: `/<server>/<session>/<transport>`. The server part is for load balancers, and means nothing here. */
export interface SessionPlace {
  readonly type: 'session';
  readonly session: string;
  readonly transport: SockJsTransport;
}

/** What a path below the prefix of a service is. */
export type SockJsPlace =
  | { readonly type: 'greeting' }
  | { readonly type: 'info' }
  | { readonly type: 'iframe' }
  | { readonly type: 'raw-websocket' }
  | SessionPlace;

/**
 * Reads what follows the prefix of a service in a path; null for nothing that there is. A slash at the end makes no
 * difference. Server and session may be anything but empty, and have no dots.
 */
export function parsePlace(tail: string): SockJsPlace | null {
  const path = tail.endsWith('/') ? tail.slice(0, -1) : tail;
  if (path === '') return { type: 'greeting' };
  if (path === '/info') return { type: 'info' };
  if (path === '/websocket') return { type: 'raw-websocket' };
  if (iframePage.test(path)) return { type: 'iframe' };
  const [, session, transport] = sessionUrl.exec(path) ?? [];
  if (session === undefined || session.length > maxSessionLength || !isTransport(transport)) return null;
  return { type: 'session', session, transport };
}

function isTransport(name: string | undefined): name is SockJsTransport {
  return transports.has(name as SockJsTransport);
}

const iframePage = /^\/iframe[\w.-]*\.html$/;
const sessionUrl = /^\/[^/.]+\/([^/.]+)\/([a-z_]+)$/;
/** A client makes up names of 8 characters; they are kept as long as the session lasts. */
const maxSessionLength = 255;
const transports: ReadonlySet<SockJsTransport> = new Set<SockJsTransport>([
  'websocket',
  'xhr',
  'xhr_streaming',
  'xhr_send',
  'eventsource',
  'htmlfile',
  'jsonp',
  'jsonp_send',
]);
