import type { Channel } from '../../channel/channel.js';
import type { HttpExchange, HttpHandler } from '../../channel/http-exchange.js';
import type { SendQueueOptions } from '../../channel/send-queue.js';
import {
  checkQuery,
  EngineError,
  type EngineQuery,
  type EngineRefusal,
} from '../../codecs/engineio/index.js';
import { CloseCode } from '../../core/close-code.js';

import { refuse } from './answer.js';
import { preflightHeaders } from './cors.js';
import { EngineConnection } from './engine-connection.js';
import { type EngineIoOptions, type EngineSettings, engineSettingsOf } from './engine-options.js';
import { type EngineRequest, requestOfUpgrade, type UpgradeDescription } from './engine-request.js';
import type { PollingRequest } from './polling-transport.js';
import { SessionTable } from './session-table.js';
import { type IncomingMessage, WebSocketTransport } from './websocket-transport.js';

/** A WebSocket connection as the dialect sees it. */
export interface EnginePeer extends Channel {
  readonly request: UpgradeDescription;
}

/** Handlers of a route of `createServer`. */
export interface EngineRoute {
  readonly maxMessageBytes: number;
  readonly sendQueue: SendQueueOptions;
  /** Refuses a handshake by what it asks for, with the codes of Engine.IO; null for one that may go on. */
  refuse(request: UpgradeDescription): EngineUpgradeRefusal | null;
  open(peer: EnginePeer): Promise<void>;
  message(peer: EnginePeer, message: IncomingMessage): void | Promise<void>;
  closed(peer: EnginePeer): void;
}

/** Why an opening handshake ends: the reason is JSON with `code` and `message`. */
export interface EngineUpgradeRefusal {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What a server is given: `createServer({ ...dialect.endpoints })`. */
export interface EngineEndpoints {
  readonly http: Readonly<Record<string, HttpHandler>>;
  readonly routes: Readonly<Record<string, EngineRoute>>;
}

/**
 * Speaks Engine.IO v4 with clients: long polling, WebSocket, and going over from one to the other.
 *
 * WebSocket connections of pages are judged by the server's `allowOrigin`, polling by `cors`; both let in the server's own origin.
 */
export interface EngineIoDialect {
  readonly endpoints: EngineEndpoints;
  /** Sessions that are open, or about to end. */
  readonly sessionCount: number;
  /** Ends all sessions, and refuses new ones with 503. */
  close(): void;
}

/** Makes the dialect. @throws UsageError `ERR_WS_INVALID_OPTION` */
export function createEngineIoDialect(options: EngineIoOptions = {}): EngineIoDialect {
  const settings = engineSettingsOf(options);
  const sessions = new SessionTable(settings, options);
  const connections = new WeakMap<EnginePeer, EngineConnection>();
  const route: EngineRoute = {
    maxMessageBytes: settings.maxPayloadBytes,
    sendQueue: settings.sendQueue,
    refuse: (request) => refusalOf(requestOfUpgrade(request), sessions, settings),
    open: async (peer) => {
      const connection = await openConnection(peer, sessions, settings);
      if (connection !== null) connections.set(peer, connection);
    },
    message: (peer, message) => connections.get(peer)?.receive(message),
    closed: (peer) => connections.get(peer)?.close(),
  };
  const handler: HttpHandler = (exchange) => answer(exchange, sessions, settings);
  const bare = settings.path.slice(0, -1);
  const paths = bare === '' ? ['/*'] : [bare, `${settings.path}*`];
  return {
    endpoints: {
      http: Object.fromEntries(paths.map((path) => [path, handler])),
      routes: Object.fromEntries(paths.map((path) => [path, route])),
    },
    get sessionCount() {
      return sessions.size;
    },
    close: () => sessions.close(),
  };
}

async function answer(
  exchange: HttpExchange,
  sessions: SessionTable,
  settings: EngineSettings,
): Promise<void> {
  const { request } = exchange;
  const headers = await settings.judgeOrigin(request);
  if (headers === null) return refuse({ exchange, headers: [] }, EngineError.Forbidden);
  if (request.method === 'OPTIONS') {
    const allowed = settings.hasCors ? preflightHeaders(request) : [];
    return exchange.respond({ status: 204, headers: [...headers, ...allowed] });
  }
  const polling = { exchange, headers };
  const query = checkRequest(request, 'polling', settings);
  if (query.type === 'refusal') return refuse(polling, query.refusal);
  if (query.sid === null) return openByPolling(polling, sessions, settings);
  const socket = sessions.get(query.sid);
  if (socket === undefined) return refuse(polling, EngineError.UnknownSession);
  return socket.receiveRequest(polling);
}

async function openByPolling(
  polling: PollingRequest,
  sessions: SessionTable,
  settings: EngineSettings,
): Promise<void> {
  const { exchange, headers } = polling;
  const { request } = exchange;
  if (request.method !== 'GET') return refuse(polling, EngineError.BadHandshakeMethod);
  if (!(await isAdmitted(request, settings))) return refuse(polling, EngineError.Forbidden);
  if (exchange.signal.aborted) return;
  if (!sessions.hasRoom) {
    return exchange.respond({ status: 503, headers: [...headers, retryAfter] });
  }
  const socket = sessions.open(request, null);
  exchange.respond({
    status: 200,
    headers: [['Content-Type', 'text/plain; charset=UTF-8'], ['Cache-Control', 'no-store'], ...headers],
    body: socket.openPacket.text,
  });
  sessions.handleOpened(socket);
}

function refusalOf(
  request: EngineRequest,
  sessions: SessionTable,
  settings: EngineSettings,
): EngineUpgradeRefusal | null {
  const query = checkRequest(request, 'websocket', settings);
  if (query.type === 'refusal') return upgradeRefusal(query.refusal);
  if (query.sid === null) {
    return sessions.hasRoom
      ? null
      : { status: 503, reason: 'no room for another session', headers: [retryAfter] };
  }
  const socket = sessions.get(query.sid);
  if (socket === undefined) return upgradeRefusal(EngineError.UnknownSession);
  return socket.canGoOver ? null : upgradeRefusal(EngineError.BadRequest);
}

function upgradeRefusal({ code, message }: EngineRefusal): EngineUpgradeRefusal {
  return { status: 400, reason: JSON.stringify({ code, message }), headers: [] };
}

async function openConnection(
  peer: EnginePeer,
  sessions: SessionTable,
  settings: EngineSettings,
): Promise<EngineConnection | null> {
  const request = requestOfUpgrade(peer.request);
  const query = checkRequest(request, 'websocket', settings);
  if (query.type === 'refusal') return turnAway(peer, query.refusal);
  const transport = new WebSocketTransport(peer, request.query.has('b64'));
  if (query.sid !== null) {
    const socket = sessions.get(query.sid);
    if (socket === undefined) return turnAway(peer, EngineError.UnknownSession);
    if (!socket.beginProbe(transport)) return turnAway(peer, EngineError.BadRequest);
    const { clock, upgradeTimeoutMs } = settings;
    return EngineConnection.probing({ channel: peer, transport, socket }, clock, upgradeTimeoutMs);
  }
  if (!(await isAdmitted(request, settings))) return turnAway(peer, EngineError.Forbidden);
  if (!sessions.hasRoom) {
    void peer.close(CloseCode.TryAgainLater);
    return null;
  }
  const socket = sessions.open(request, transport);
  const connection = EngineConnection.carrying(peer, transport, socket);
  void transport.send(socket.openPacket);
  sessions.handleOpened(socket);
  return connection;
}

function checkRequest(request: EngineRequest, carrier: string, settings: EngineSettings): EngineQuery {
  const query = checkQuery(request.query);
  if (query.type === 'refusal') return query;
  if (!settings.transports.includes(query.transport) && query.sid === null) {
    return { type: 'refusal', refusal: EngineError.UnknownTransport };
  }
  return query.transport === carrier ? query : { type: 'refusal', refusal: EngineError.BadRequest };
}

async function isAdmitted(
  request: EngineRequest,
  { authorize, reportError }: EngineSettings,
): Promise<boolean> {
  if (authorize === null) return true;
  try {
    return (await authorize(request)) === true;
  } catch (error) {
    reportError(error);
    return false;
  }
}

/** The handshake is done: why it was for nothing is said in a message, which no client takes for a packet. */
function turnAway(peer: EnginePeer, refusal: EngineRefusal): null {
  void peer.send(JSON.stringify(refusal));
  void peer.close(CloseCode.PolicyViolation, refusal.message);
  return null;
}

const retryAfter = ['Retry-After', '5'] as const;
