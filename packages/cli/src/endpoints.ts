import { type Peer, prepareMessage, type Route, type Routes } from 'ieum';

/** The WebSocket paths of `ieum serve`. */
export function createEndpoints(): Routes<undefined> {
  return { '/echo': echo, '/broadcast': createBroadcast() };
}

/** Sends every message back, as the type it came as, and reads on when that was taken. */
const echo: Route<undefined> = {
  message: (peer, message) => peer.send(message),
};

/**
 * Sends every message to everyone on the path, the sender included. Nobody waits for a slow reader: one that falls 16 MiB
 * behind is closed with 1013 (try again later).
 */
function createBroadcast(): Route<undefined> {
  const members = new Set<Peer<undefined>>();
  return {
    sendQueue: { policy: 'close', maxQueuedBytes: 16 * 1024 * 1024 },
    open: (peer) => void members.add(peer),
    closed: (peer) => void members.delete(peer),
    message: (_sender, message) => {
      const prepared = prepareMessage(message);
      for (const member of members) member.send(prepared);
    },
  };
}
