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

/**
 * Messages that one consumer each gets, in order; what comes back goes to where it was. No consumer that has room leaves anything
 * that it accepts: so a new message is offered to consumers, and a consumer who gets room looks for messages, each once.
 */
export class Queue {
  /** By their places. */
  #waiting: Queued[] = [];
  /** In turn: who got a message goes to the end. With each, up to which place it was found to accept nothing that waits. */
  readonly #consumers = new Map<QueueConsumer, number>();
  /** Is told how many bytes more, or fewer, wait. */
  readonly #handleBytes: (change: number) => void;
  #lastPlace = 0;

  constructor(handleBytes: (change: number) => void) {
    this.#handleBytes = handleBytes;
  }

  /** How many messages wait. */
  get length(): number {
    return this.#waiting.length;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#consumers.size === 0;
  }

  add(publication: Publication): void {
    this.#offer({ publication, deliveries: 1, place: ++this.#lastPlace });
  }

  /** Takes back what was delivered and not acknowledged. */
  giveBack(items: readonly Queued[]): void {
    for (const item of items) {
      const place = placeOf(item);
      for (const [consumer, seen] of this.#consumers) {
        if (!consumer.hasRoom && seen >= place) this.#consumers.set(consumer, place - 1);
      }
      this.#offer({ ...item, deliveries: item.deliveries + 1 });
    }
  }

  addConsumer(consumer: QueueConsumer): void {
    this.#consumers.set(consumer, 0);
    this.serve(consumer);
  }

  deleteConsumer(consumer: QueueConsumer): void {
    this.#consumers.delete(consumer);
  }

  /** Gives a consumer what waits, while it has room. */
  serve(consumer: QueueConsumer): void {
    while (consumer.hasRoom && this.#consumers.has(consumer)) {
      const at = this.#nextFor(consumer);
      const [queued] = at === -1 ? [] : this.#waiting.splice(at, 1);
      if (queued === undefined) return;
      this.#handleBytes(-bytesOf(queued.publication));
      this.#deliver(queued, consumer, placeOf(queued));
    }
  }

  /** Gives a message to the first who has room for it and accepts it, or has it wait. */
  #offer(queued: Queued): void {
    for (const [consumer, seen] of this.#consumers) {
      if (!consumer.hasRoom || !consumer.accepts(queued.publication)) continue;
      this.#deliver(queued, consumer, seen);
      return;
    }
    this.#waiting.splice(this.#indexAfter(placeOf(queued)), 0, queued);
    this.#handleBytes(bytesOf(queued.publication));
  }

  #deliver(queued: Queued, consumer: QueueConsumer, seen: number): void {
    this.#consumers.delete(consumer);
    this.#consumers.set(consumer, seen);
    consumer.deliverQueued(queued);
  }

  #nextFor(consumer: QueueConsumer): number {
    const from = this.#indexAfter(this.#consumers.get(consumer) ?? 0);
    for (let at = from; at < this.#waiting.length; at++) {
      if (consumer.accepts((this.#waiting[at] as Queued).publication)) return at;
    }
    this.#consumers.set(consumer, this.#lastPlace);
    return -1;
  }

  /** Where the first message stands whose place is after this one. */
  #indexAfter(place: number): number {
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (placeOf(this.#waiting[middle] as Queued) <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What keeping a message costs, roughly. */
export function bytesOf({ payload }: Pick<Publication, 'payload'>): number {
  return payload.byteLength + messageCharge;
}

function placeOf({ place = 0 }: Queued): number {
  return place;
}

const messageCharge = 512;
