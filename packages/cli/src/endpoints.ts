import type { Peer, Route, Routes } from 'ieum';

import type { WorkerBus } from './workers/worker-bus.js';

/** The WebSocket paths of `ieum serve`. */
export function createEndpoints(bus: WorkerBus): Routes<undefined> {
  return { '/echo': echo, '/broadcast': createBroadcast(bus) };
}

/** Sends every message back, as the type it came as, and reads on when that was taken. */
const echo: Route<undefined> = {
  message: (peer, message) => peer.send(message),
};

/**
 * Sends every message to everyone on the path in every worker, the sender included. Nobody waits for a slow reader: one
 * that falls 16 MiB behind is closed with 1013 (try again later). Senders wait for a worker that lags.
 */
function createBroadcast(bus: WorkerBus): Route<undefined> {
  const members = new Set<Peer<undefined>>();
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
