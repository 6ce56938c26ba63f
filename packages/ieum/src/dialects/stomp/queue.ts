import type { Publication } from '../../hub/publication.js';

/** A message of a queue, and which delivery of it is the next or the one under way. */
export interface Queued {
  readonly publication: Publication;
  readonly deliveries: number;
  /** Its place among all of the queue; undefined for a message of a topic. */
  readonly place?: number;
}

/** Somebody who takes messages from a queue. */
export interface QueueConsumer {
  readonly hasRoom: boolean;
  accepts(publication: Publication): boolean;
  deliverQueued(queued: Queued): void;
}

/** Messages that one consumer each gets, in order; what comes back goes to where it was. */
export class Queue {
  #waiting: Queued[] = [];
  /** In turn: who got a message goes to the end. */
  readonly #consumers = new Set<QueueConsumer>();
  /** Is told how many bytes more, or fewer, wait. */
  readonly #handleBytes: (change: number) => void;
  #lastPlace = 0;
  #isDispatching = false;

  constructor(handleBytes: (change: number) => void) {
    this.#handleBytes = handleBytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#consumers.size === 0;
  }

  add(publication: Publication): void {
    this.#waiting.push({ publication, deliveries: 1, place: ++this.#lastPlace });
    this.#handleBytes(bytesOf(publication));
    this.dispatch();
  }

  /** Takes back what was delivered and not acknowledged. */
  giveBack(items: readonly Queued[]): void {
    if (items.length === 0) return;
    const again = items.map((item) => ({ ...item, deliveries: item.deliveries + 1 }));
    for (const { publication } of again) this.#handleBytes(bytesOf(publication));
    this.#waiting = [...again, ...this.#waiting].sort((a, b) => (a.place ?? 0) - (b.place ?? 0));
    this.dispatch();
  }

  addConsumer(consumer: QueueConsumer): void {
    this.#consumers.add(consumer);
    this.dispatch();
  }

  deleteConsumer(consumer: QueueConsumer): void {
    this.#consumers.delete(consumer);
  }

  /** Gives what waits to consumers that have room, in turn. */
  dispatch(): void {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    let at = 0;
    while (at < this.#waiting.length && this.#hasRoom()) {
      const queued = this.#waiting[at] as Queued;
      const consumer = this.#consumerFor(queued.publication);
      if (consumer === null) {
        at++;
        continue;
      }
      this.#waiting.splice(at, 1);
      this.#handleBytes(-bytesOf(queued.publication));
      this.#consumers.delete(consumer);
      this.#consumers.add(consumer);
      consumer.deliverQueued(queued);
    }
    this.#isDispatching = false;
  }

  #hasRoom(): boolean {
    for (const { hasRoom } of this.#consumers) if (hasRoom) return true;
    return false;
  }

  #consumerFor(publication: Publication): QueueConsumer | null {
    for (const consumer of this.#consumers) {
      if (consumer.hasRoom && consumer.accepts(publication)) return consumer;
    }
    return null;
  }
}

/** What keeping a message costs, roughly. */
export function bytesOf({ payload }: Pick<Publication, 'payload'>): number {
  return payload.byteLength + messageCharge;
}

const messageCharge = 512;
