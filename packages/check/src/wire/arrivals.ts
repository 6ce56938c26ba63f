import type { Buffer } from 'node:buffer';

import type { ByteTransport, TransportEnd } from './byte-transport.js';
import type { RawFrame } from './frame.js';
import { describeFrame } from './frame.js';
import { FrameReader } from './frame-reader.js';
import type { WireLog } from './wire-log.js';

/** What a peer's bytes turned out to be; null when nothing came in time. */
export type Arrival =
  | { readonly type: 'frame'; readonly frame: RawFrame }
  | { readonly type: 'end'; readonly how: TransportEnd };

/** What the peer sent and nobody asked for yet, and the wait for more of it. */
export class Arrivals {
  readonly #reader = new FrameReader();
  readonly #log: WireLog;
  #end: TransportEnd | null = null;
  #hasDropped = false;
  #changed: () => void = () => {};

  constructor(transport: ByteTransport, log: WireLog) {
    this.#log = log;
    transport.start({
      handleData: (chunk) => {
        if (this.#reader.byteLength < maxWaitingBytes) this.#reader.receive(chunk);
        else this.#drop();
        this.#changed();
      },
      handleEnd: (how) => {
        this.#end = how;
        log.note(endings[how]);
        this.#changed();
      },
    });
  }

  /** How the peer's bytes ended; null while they may go on. */
  get end(): TransportEnd | null {
    return this.#end;
  }

  /** The bytes that wait. */
  peek(): Buffer {
    return this.#reader.peek();
  }

  take(length: number): Buffer {
    return this.#reader.take(length);
  }

  /** The next frame, or the end when none is left before it. */
  async next(timeoutMs: number): Promise<Arrival | null> {
    return this.wait(() => this.#takeNow(), timeoutMs);
  }

  /** Looks again at whatever comes until something is found; null when time is up. */
  async wait<Found>(look: () => Found | null, timeoutMs: number): Promise<Found | null> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const found = look();
      const leftMs = until - Date.now();
      if (found !== null || leftMs <= 0) return found;
      await this.#change(leftMs);
    }
  }

  /** Writes into the log what came and was never asked for or never complete. */
  logRest(): void {
    const { byteLength } = this.#reader;
    if (byteLength > 0) this.#log.received(`${byteLength} bytes that were not read`, this.#reader.peek());
  }

  /** A peer that sends without end is not kept in memory without end. */
  #drop(): void {
    if (!this.#hasDropped) this.#log.note('the peer sends more than is kept: the rest is dropped');
    this.#hasDropped = true;
  }

  #takeNow(): Arrival | null {
    const taken = this.#reader.takeFrame();
    if (taken !== null) {
      this.#log.received(describeFrame(taken.frame), taken.bytes);
      return { type: 'frame', frame: taken.frame };
    }
    return this.#end === null ? null : { type: 'end', how: this.#end };
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const endings: Readonly<Record<TransportEnd, string>> = {
  ended: 'the peer ended its side of the connection',
  reset: 'the peer reset the connection',
  destroyed: 'the connection is gone',
};
const maxWaitingBytes = 128 * 1024 ** 2;
