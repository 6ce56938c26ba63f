import type { Channel } from '../../channel/channel.js';
import type { ExchangeRequest } from '../../channel/http-exchange.js';
import { parsePlace, type SockJsPlace } from '../../codecs/sockjs/index.js';
import type { CloseRecord } from '../../core/close-record.js';
import type { Message } from '../../core/message.js';
import type { SockJsSettings } from './sockjs-options.js';
import { describeRequest, type RequestSource } from './sockjs-request.js';
import { WebSocketSession } from './websocket-session.js';

/** The request of an opening handshake, as a server describes it. */
export interface UpgradeSource extends Omit<ExchangeRequest, 'header' | 'method' | 'httpVersion'> {
  readonly headers: { getAll(name: string): readonly string[] };
}

/** A WebSocket connection, as a server gives it. */
export interface SockJsPeer extends Channel {
  readonly request: UpgradeSource;
}

/** Why an opening handshake is refused. */
export interface SockJsRefusal {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Handlers of a route of `createServer`, for all paths below the prefix. */
export interface SockJsRoute {
  readonly takesDrafts: true;
  refuse(request: UpgradeSource): SockJsRefusal | null;
  open(peer: SockJsPeer): void;
  message(peer: SockJsPeer, message: Message): void | Promise<void>;
  closed(peer: SockJsPeer, record: CloseRecord): void;
}

/** Serves `/<server>/<session>/websocket` with the frames of SockJS, and `/websocket` without. */
export function createWebSocketRoute(settings: SockJsSettings): SockJsRoute {
  const sessions = new WeakMap<SockJsPeer, WebSocketSession>();
  return {
    takesDrafts: true,
    refuse(request) {
      const place = placeOf(request, settings);
      if (!isWebSocket(place)) return refusal(404, 'no WebSocket endpoint here');
      const isAllowed = settings.origins.isAllowed(sourceOf(request));
      return isAllowed ? null : refusal(403, 'this origin may not connect');
    },
    open(peer) {
      const isRaw = placeOf(peer.request, settings)?.type === 'raw-websocket';
      const transport = isRaw ? 'raw-websocket' : 'websocket';
      const request = describeRequest(sourceOf(peer.request), transport, settings);
      const session = new WebSocketSession(peer, request, settings);
      sessions.set(peer, session);
      session.start();
    },
    message: (peer, message) => sessions.get(peer)?.receive(message),
    closed: (peer, record) => sessions.get(peer)?.handleFinished(record),
  };
}

function placeOf({ path }: UpgradeSource, { prefix }: SockJsSettings): SockJsPlace | null {
  return parsePlace(path.slice(prefix.length));
}

function isWebSocket(place: SockJsPlace | null): boolean {
  return place?.type === 'raw-websocket' || (place?.type === 'session' && place.transport === 'websocket');
}

function sourceOf(request: UpgradeSource): RequestSource {
  return {
    path: request.path,
    get query() {
      return request.query;
    },
    host: request.host,
    secure: request.secure,
    address: request.address,
    origin: request.origin,
    cookie: (name) => request.cookie(name),
    header: (name) => {
      const values = request.headers.getAll(name);
      return values.length === 0 ? undefined : values.join(', ');
    },
  };
}

function refusal(status: number, reason: string): SockJsRefusal {
  return { status, reason, headers: [] };
}
