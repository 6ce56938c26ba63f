import { Buffer } from 'node:buffer';

import { binary, close, text } from '../support/client-frames.js';
import { DrivenPeer } from './driven-peer.js';

/** Connections that are open, and what they do again and again. */
export interface Workload {
  /** Messages, deliveries or connections in one `run`. */
  readonly count: number;
  run(): Promise<unknown>;
  end(): void;
}

/** Opens the connections of a workload. */
export type OpenWorkload = (port: number) => Promise<Workload>;

export interface EchoOptions {
  readonly connections: number;
  readonly inFlight?: number;
  /** On each connection in one `run`. */
  readonly messages: number;
  readonly payload?: string | Uint8Array;
}

/** Messages are sent back; as many as are in flight leave in one chunk. */
export function echo(options: EchoOptions): OpenWorkload {
  const { connections, inFlight = 1, messages, payload = shortText } = options;
  const frame = typeof payload === 'string' ? text(payload) : binary(payload);
  const chunk = Buffer.concat(Array.from({ length: inFlight }, () => frame));
  const answerByteLength = chunk.length - inFlight * maskingKeyLength;
  return async (port) => {
    const peers = await DrivenPeer.openMany(connections, port, '/echo');
    const times = messages / inFlight;
    return {
      count: connections * messages,
      run: () => Promise.all(peers.map((peer) => peer.exchange(chunk, answerByteLength, times))),
      end: () => destroyAll(peers),
    };
  };
}

/** One of the peers publishes a short text to all of them. */
export function broadcast({ peers, messages }: { peers: number; messages: number }): OpenWorkload {
  return async (port) => {
    const listeners = await DrivenPeer.openMany(peers - 1, port, '/broadcast');
    const publisher = await DrivenPeer.open(port, '/broadcast');
    const frame = text(shortText);
    const deliveryByteLength = frame.length - maskingKeyLength;
    return {
      count: peers * messages,
      run: () =>
        Promise.all([
          ...listeners.map((listener) => listener.receive(messages * deliveryByteLength)),
          publisher.exchange(frame, deliveryByteLength, messages),
        ]),
      end: () => destroyAll([...listeners, publisher]),
    };
  };
}

/** Connections open and close again, a few at a time. */
export function openAndClose({ connections }: { connections: number }): OpenWorkload {
  const atOnce = 8;
  const frame = close(1000);
  return async (port) => ({
    count: connections,
    async run() {
      for (let opened = 0; opened < connections; opened += atOnce) {
        const peers = await DrivenPeer.openMany(atOnce, port, '/echo');
        await Promise.all(peers.map((peer) => peer.close(frame)));
      }
    },
    end() {},
  });
}

export function destroyAll(peers: readonly DrivenPeer[]): void {
  for (const peer of peers) peer.destroy();
}

export const shortText = 'twenty bytes of text';
/** What a client's frame has and a server's has not. */
export const maskingKeyLength = 4;
