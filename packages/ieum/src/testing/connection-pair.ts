import { Buffer } from 'node:buffer';

import type { Connection } from '../core/connection.js';
import type { ConnectionEvent } from '../core/connection-event.js';

import { type Chunker, coalesced } from './chunker.js';
import { FakeClock } from './fake-clock.js';
import { pullEvents } from './pull.js';

export interface LinkOptions {
  /** The time of both sides: deadlines run as it advances. Default a new one at 0. */
  readonly clock?: FakeClock;
  /** Cuts what either side sends. Default `coalesced`. */
  readonly chunker?: Chunker;
}

/** Joins two connections in memory. Nothing moves before `settle()` or the clock says so. */
export function link(a: Connection, b: Connection, options: LinkOptions = {}): ConnectionPair {
  return new ConnectionPair(a, b, options);
}

/** Two connections and the wire between them. */
export class ConnectionPair {
  readonly clock: FakeClock;
  readonly a: LinkEnd;
  readonly b: LinkEnd;
  readonly #chunker: Chunker;
  #cancelTimer: () => void = () => {};

  constructor(a: Connection, b: Connection, options: LinkOptions = {}) {
    this.clock = options.clock ?? new FakeClock();
    this.#chunker = options.chunker ?? coalesced;
    this.a = new LinkEnd(a, this);
    this.b = new LinkEnd(b, this);
    this.settle();
  }

  /** Moves bytes and pulls events, to and fro, until nothing moves any more. */
  settle(): void {
    let moved = true;
    while (moved) {
      const fromA = this.#move(this.a, this.b);
      const fromB = this.#move(this.b, this.a);
      moved = fromA || fromB;
    }
    this.#watchDeadlines();
  }

  /** Lets time pass for both sides. */
  advance(ms: number): void {
    this.clock.advance(ms);
  }

  /** Breaks the wire: what is under way is lost, and both sides hear of `error`. */
  cut(error: unknown = new Error('the wire was cut')): void {
    for (const end of [this.a, this.b]) {
      end.inFlight.length = 0;
      end.hasEnded = true;
      end.connection.receiveError(error);
    }
    this.settle();
  }

  #move(from: LinkEnd, to: LinkEnd): boolean {
    const now = this.clock.now();
    const events = from.pull();
    const bytes = Buffer.concat(from.connection.takeOutput());
    if (!from.hasEnded && bytes.length > 0) {
      from.sentBytes += bytes.length;
      from.inFlight.push(...this.#chunker(bytes));
    }
    const delivered = to.isReading ? from.inFlight.splice(0) : [];
    for (const chunk of delivered) {
      to.connection.receive(chunk, now);
      to.pull();
    }
    if (from.inFlight.length > 0) from.connection.pauseOutput(now);
    else if (delivered.length > 0) from.connection.resumeOutput(this.clock.now());
    return this.#moveEnd(from, to) || events > 0 || delivered.length > 0;
  }

  /** Obeys the transport directive: the other side hears of an end behind the last byte, and of an abort at once. */
  #moveEnd(from: LinkEnd, to: LinkEnd): boolean {
    const { transport } = from.connection;
    if (from.hasEnded || transport === 'open') return false;
    if (transport === 'end' && from.inFlight.length > 0) return false;
    from.hasEnded = true;
    if (transport === 'end') to.connection.receiveEnd();
    else {
      from.inFlight.length = 0;
      to.connection.receiveError(new Error('the peer aborted'));
    }
    return true;
  }

  #watchDeadlines(): void {
    this.#cancelTimer();
    const deadline = Math.min(this.a.connection.deadline(), this.b.connection.deadline());
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.clock.setTimer(() => {
      for (const end of [this.a, this.b]) end.connection.handleDeadline(this.clock.now());
      this.settle();
    }, deadline - this.clock.now());
  }
}

/** One side of a pair. */
export class LinkEnd {
  readonly connection: Connection;
  /** What was pulled, in order; empty when `handleEvent` takes them. */
  readonly events: ConnectionEvent[] = [];
  /** Given, it is called with each event instead of gathering them. It may send; the pair moves that too. */
  handleEvent: ((event: ConnectionEvent) => void) | null = null;
  /** Bytes this side has put on the wire. */
  sentBytes = 0;
  /** Chunks this side sent that the other did not read yet. */
  readonly inFlight: Uint8Array[] = [];
  /** This side's half of the wire has ended. */
  hasEnded = false;
  readonly #pair: ConnectionPair;
  #reading = true;

  constructor(connection: Connection, pair: ConnectionPair) {
    this.connection = connection;
    this.#pair = pair;
  }

  get isReading(): boolean {
    return this.#reading;
  }

  /** This side reads no more: the other side's output comes to a halt. */
  stopReading(): void {
    this.#reading = false;
    this.connection.pauseInput();
  }

  startReading(): void {
    this.#reading = true;
    this.connection.resumeInput(this.#pair.clock.now());
    this.#pair.settle();
  }

  /** Pulls what can be pulled; how many events that were. */
  pull(): number {
    const events = pullEvents(this.connection);
    for (const event of events) {
      if (this.handleEvent === null) this.events.push(event);
      else this.handleEvent(event);
    }
    return events.length;
  }
}
