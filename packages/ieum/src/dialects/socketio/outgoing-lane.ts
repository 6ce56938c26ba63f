import type { OutgoingPacket } from '../engineio/index.js';

/** The place of a broadcast of this node among what its sockets are sent, until it is known where it stands in the stream. */
export class Hold {
  isDone = false;
}

/**
 * What one socket is sent, in the order in which the application sent it.
 *
 * Broadcasts go through the stream of all nodes and come back when they have their place there. What a socket is sent directly
 * waits for the broadcasts before it; what comes from the stream goes out as it comes.
 */
export class OutgoingLane {
  readonly #send: (packets: readonly OutgoingPacket[]) => void;
  /** Holds, and what waits for them. Null when nothing waits. */
  #entries: (Hold | (() => void))[] | null = null;

  constructor(send: (packets: readonly OutgoingPacket[]) => void) {
    this.#send = send;
  }

  /** Sends behind all that the application sent before. */
  send(packets: readonly OutgoingPacket[]): void {
    this.run(() => this.#send(packets));
  }

  /** Does something when all is out that the application sent before. */
  run(work: () => void): void {
    if (this.#entries === null) work();
    else this.#entries.push(work);
  }

  /** Keeps a place for a broadcast. */
  hold(hold: Hold): void {
    this.#entries ??= [];
    this.#entries.push(hold);
  }

  /** Sends what comes from the stream. */
  sendNow(packets: readonly OutgoingPacket[]): void {
    this.#send(packets);
  }

  /** A broadcast that was held is done: what waited for it alone goes out. */
  release(): void {
    while (this.#entries !== null) {
      const [entry] = this.#entries;
      if (entry instanceof Hold && !entry.isDone) return;
      this.#entries.shift();
      if (this.#entries.length === 0) this.#entries = null;
      if (typeof entry === 'function') entry();
    }
  }

  /** Forgets what waits: nobody is there to get it. */
  clear(): void {
    this.#entries = null;
  }
}
