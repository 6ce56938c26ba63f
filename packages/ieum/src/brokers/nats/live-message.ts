import type { Msg } from '@nats-io/transport-node';

import type { StreamMessage } from './message.js';

/** What a server published again after it was stored; null for anything else on our subjects. */
export function readLiveMessage(message: Msg): StreamMessage | null {
  const sequence = readSequence(message.headers?.get('Nats-Sequence'));
  if (sequence === null || sequence === 0) return null;
  return {
    sequence,
    previous: readSequence(message.headers?.get('Nats-Last-Sequence')) ?? 0,
    headers: message.headers,
    payload: message.data,
    storedAt: Date.now(),
  };
}

function readSequence(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
