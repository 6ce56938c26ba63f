import { type Message, type Peer, prepareMessage, type Route, type Routes, type SendResult } from 'ieum';

/** The WebSocket paths of `ieum serve`. */
export function createEndpoints(): Routes<undefined> {
  return { '/echo': echo, '/broadcast': createBroadcast() };
}

/** Sends every message back, as the type it came as, and reads on when that was taken. */
const echo: Route<undefined> = {
  message: (peer, message) => peer.send(message),
};

/**
 * Sends every message to everyone on the path, the sender included. Nobody loses a message: senders wait for the slowest
 * reader, and a reader that takes nothing for five seconds is given up.
 */
function createBroadcast(): Route<undefined> {
  const members = new Set<Peer<undefined>>();
  return {
    sendTimeoutMs: 5_000,
    open: (peer) => void members.add(peer),
    closed: (peer) => void members.delete(peer),
    message: (_sender, message) => sendToAll(members, message),
  };
}

function sendToAll(members: Iterable<Peer<undefined>>, message: Message): Promise<unknown> | undefined {
  const prepared = prepareMessage(message);
  const waits: Promise<SendResult>[] = [];
  for (const member of members) {
    const sent = member.send(prepared);
    if (typeof sent !== 'string') waits.push(sent);
  }
  return waits.length === 0 ? undefined : Promise.all(waits);
}
