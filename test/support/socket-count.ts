import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/**
 * Counts the connections that servers of this process make a `net.Socket` of, from now to the end of the test: Node
 * tells of each on a diagnostics channel.
 */
export function countServerSockets(): { readonly count: number } {
  const counted = { count: 0 };
  const note = (message: unknown) => {
    if (isFromServer(message)) counted.count++;
  };
  subscribe('net.server.socket', note);
  onTestFinished(() => {
    unsubscribe('net.server.socket', note);
  });
  return counted;
}

function isFromServer(message: unknown): message is { socket: Socket } {
  return typeof message === 'object' && message !== null && 'socket' in message;
}
