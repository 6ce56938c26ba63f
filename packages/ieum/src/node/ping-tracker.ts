import { Buffer } from 'node:buffer';

import type { Clock } from '../channel/clock.js';

/** What became of a Ping: answered after so many milliseconds, or the connection closed before. */
export type PingResult =
  | { readonly type: 'pong'; readonly roundTripMs: number }
  | { readonly type: 'closed' };

/** Matches Pongs with the Pings they answer. A Pong also answers all Pings before it (RFC 6455 §5.5.3). */
export class PingTracker {
  readonly #clock: Clock;
  #sent: SentPing[] = [];
  #counter = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A payload that no other Ping of this connection has. */
  nextPayload(): Uint8Array {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(this.#counter++ >>> 0);
    return payload;
  }

  track(payload: Uint8Array): Promise<PingResult> {
    const sentAt = this.#clock.now();
    return new Promise((settle) => this.#sent.push({ payload: Buffer.from(payload), sentAt, settle }));
  }

  receivePong(payload: Uint8Array): void {
    const now = this.#clock.now();
    const index = this.#sent.findIndex((ping) => ping.payload.equals(payload));
    for (const ping of this.#sent.splice(0, index + 1)) {
      ping.settle({ type: 'pong', roundTripMs: now - ping.sentAt });
    }
  }

  handleClosed(): void {
    for (const ping of this.#sent.splice(0)) ping.settle({ type: 'closed' });
  }
}

interface SentPing {
  readonly payload: Buffer;
  readonly sentAt: number;
  readonly settle: (result: PingResult) => void;
}
