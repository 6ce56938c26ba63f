import type { Peer, Route, Routes } from 'ieum';

import type { ServedUser } from './auth/authentication.js';
import type { WorkerBus } from './workers/worker-bus.js';

/** The WebSocket paths of `ieum serve`, less those of SockJS. */
export function createEndpoints(
  bus: WorkerBus,
  { hub, stomp }: { readonly hub: Route<ServedUser>; readonly stomp: Route<ServedUser> },
): Routes<ServedUser> {
  return { '/echo': echo, '/broadcast': createBroadcast(bus), '/hub': hub, '/stomp': stomp };
}

/** What an endpoint speaks, and over what; a dialect of null for a path that is none. */
export interface Endpoint {
  /** Its path, or that which those below have in common; null for a path that is none. */
  readonly path: string | null;
  readonly dialect: string | null;
  readonly transport: string;
  /** Whether clients may give their token when they are connected. */
  readonly asksForTokens: boolean;
}

/** What is spoken on a path: for metrics and logs. */
export function endpointOf(path: string): Endpoint {
  return endpoints.get(path) ?? prefixes.find(([prefix]) => path.startsWith(prefix))?.[1] ?? nowhere;
}

/** Sends every message back, as the type it came as, and reads on when that was taken. */
const echo: Route<ServedUser> = {
  message: (peer, message) => peer.send(message),
};

/**
 * Sends every message to everyone on the path in every worker, the sender included. Nobody waits for a slow reader: one
 * that falls 16 MiB behind is closed with 1013 (try again later). Senders wait for a worker that lags.
 */
function createBroadcast(bus: WorkerBus): Route<ServedUser> {
  const members = new Set<Peer<ServedUser>>();
  bus.subscribe('/broadcast', (message) => {
    for (const member of members) member.send(message);
  });
  return {
    sendQueue: { policy: 'close', maxQueuedBytes: 16 * 1024 * 1024 },
    open: (peer) => void members.add(peer),
    closed: (peer) => void members.delete(peer),
    message: (_sender, message) => bus.publish('/broadcast', message),
  };
}

const socketIo: Endpoint = {
  path: '/socket.io',
  dialect: 'socket.io',
  transport: 'websocket',
  asksForTokens: true,
};
const endpoints: ReadonlyMap<string, Endpoint> = new Map([
  ['/echo', { path: '/echo', dialect: 'raw', transport: 'websocket', asksForTokens: false }],
  ['/broadcast', { path: '/broadcast', dialect: 'raw', transport: 'websocket', asksForTokens: false }],
  ['/hub', { path: '/hub', dialect: 'native', transport: 'websocket', asksForTokens: true }],
  ['/socket.io', socketIo],
  ['/stomp', { path: '/stomp', dialect: 'stomp', transport: 'websocket', asksForTokens: true }],
]);
/** What is below these paths is one endpoint: the rest of a path names a session. */
const prefixes: readonly (readonly [prefix: string, endpoint: Endpoint])[] = [
  [
    '/sockjs/echo/',
    { path: '/sockjs/echo', dialect: 'sockjs', transport: 'websocket', asksForTokens: false },
  ],
  [
    '/sockjs/stomp/',
    { path: '/sockjs/stomp', dialect: 'sockjs', transport: 'websocket', asksForTokens: true },
  ],
  ['/socket.io/', socketIo],
  ['/sockjs/hub/', { path: '/sockjs/hub', dialect: 'sockjs', transport: 'websocket', asksForTokens: true }],
];
const nowhere: Endpoint = { path: null, dialect: null, transport: 'websocket', asksForTokens: false };
