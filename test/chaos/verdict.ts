/** A place in a topic's history, as the protocol tells it. */
export interface Place {
  readonly offset: number;
  readonly epoch: string;
}

/** What a client heard of one topic. */
export type Heard =
  | ({ readonly type: 'subscribed'; readonly recovery: 'fresh' | 'recovered' | 'gap' } & Place)
  | ({ readonly type: 'message'; readonly number: number } & Place)
  | { readonly type: 'gap'; readonly reason: string; readonly position: Place | null };

/** A publication that was acknowledged. */
export interface Acknowledged extends Place {
  readonly topic: string;
  readonly number: number;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** Whether the broker lost its data between two epochs: it does not know what it had, and may take it again. */
export type LossBetween = (one: string, other: string) => boolean;

/** Between epochs one of which was first heard of before, and the other after, one of those times. */
export function lossesAt(times: readonly number[], acknowledged: readonly Acknowledged[]): LossBetween {
  const firstAt = new Map<string, number>();
  for (const { epoch, at } of acknowledged) firstAt.set(epoch, Math.min(at, firstAt.get(epoch) ?? at));
  return (one, other) => {
    const [a, b] = [firstAt.get(one), firstAt.get(other)];
    // Nobody was answered in it: it was short, as those around a loss are.
    if (a === undefined || b === undefined) return times.length > 0;
    return times.some((time) => Math.min(a, b) <= time && time <= Math.max(a, b));
  };
}

/**
 * What was published on a topic, put together from all that anybody was told: who heard a message, and whose publication was
 * acknowledged, knows its place. Whatever contradicts what is known already is a fault.
 */
export class TopicOrder {
  readonly faults: string[] = [];
  readonly #topic: string;
  readonly #isLossBetween: LossBetween;
  readonly #epochs = new Map<string, Map<number, number>>();
  readonly #sorted = new Map<string, readonly number[]>();
  /** By the publication's number: where it stands. */
  readonly #places = new Map<number, Place>();

  constructor(topic: string, isLossBetween: LossBetween) {
    this.#topic = topic;
    this.#isLossBetween = isLossBetween;
  }

  add(number: number, { offset, epoch }: Place): void {
    const numbers = this.#epochs.get(epoch) ?? new Map<number, number>();
    this.#epochs.set(epoch, numbers);
    const known = numbers.get(offset);
    if (known === number) return;
    if (known !== undefined) this.#fault(`${number} and ${known} both stand at ${epoch}:${offset}`);
    numbers.set(offset, number);
    this.#sorted.delete(epoch);
    const other = this.#places.get(number);
    if (other !== undefined && !this.#mayRepeat(other, { offset, epoch })) {
      this.#fault(`${number} stands at ${epoch}:${offset} and at ${other.epoch}:${other.offset}`);
    }
    this.#places.set(number, { offset, epoch });
  }

  /** How many publications are known. */
  get size(): number {
    return [...this.#epochs.values()].reduce((sum, numbers) => sum + numbers.size, 0);
  }

  get epochs(): number {
    return this.#epochs.size;
  }

  /** What was published in an epoch, in order. */
  numbersOf(epoch: string): number[] {
    const numbers = this.#epochs.get(epoch);
    return this.#sortedOf(epoch).map((offset) => numbers?.get(offset) as number);
  }

  /** What is published next in the same epoch; null when nothing is. */
  after({ offset, epoch }: Place): { readonly number: number; readonly offset: number } | null {
    const offsets = this.#sortedOf(epoch);
    let low = 0;
    for (let high = offsets.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((offsets[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    const next = offsets[low];
    return next === undefined ? null : { number: this.#epochs.get(epoch)?.get(next) as number, offset: next };
  }

  /** An epoch that goes on with the data of another has its publications at the same offsets. */
  #mayRepeat(one: Place, other: Place): boolean {
    if (one.epoch === other.epoch) return false;
    return one.offset === other.offset || this.#isLossBetween(one.epoch, other.epoch);
  }

  #sortedOf(epoch: string): readonly number[] {
    const known = this.#sorted.get(epoch);
    if (known !== undefined) return known;
    const sorted = [...(this.#epochs.get(epoch)?.keys() ?? [])].sort((a, b) => a - b);
    this.#sorted.set(epoch, sorted);
    return sorted;
  }

  #fault(text: string): void {
    this.faults.push(`${this.#topic}: ${text}`);
  }
}

/**
 * What is wrong with what a client heard of a topic: it must be all that was published, in order and once, from its first
 * position on up to `end`, and where it jumps it was told of a gap. Null when nothing is.
 *
 * @param end null when it left before the end
 */
export function faultIn(log: readonly Heard[], order: TopicOrder, end: Place | null): string | null {
  let at: Place | null = null;
  let mustHearGap = false;
  for (const event of log) {
    if (event.type === 'gap') {
      if (at === null) return 'a gap before there was a subscription';
      at = event.position ?? at;
      if (event.position === null) return 'a gap without a position';
      mustHearGap = false;
    } else if (event.type === 'subscribed') {
      const fault = at === null ? freshFault(event) : resumedFault(event, at);
      if (fault !== null) return fault;
      // That there is a gap is told by now; where the connection breaks before it comes, nothing else will tell.
      mustHearGap = event.recovery === 'gap';
      if (at === null || mustHearGap) at = event;
    } else {
      if (at === null) return `${event.number} came before there was a subscription`;
      if (mustHearGap) return `${event.number} came before the gap that was announced`;
      const fault = messageFault(event, at, order);
      if (fault !== null) return fault;
      at = event;
    }
  }
  if (end === null) return null;
  if (at === null) return 'it never subscribed';
  if (mustHearGap) return 'a gap was announced and never came';
  if (at.epoch === end.epoch && at.offset >= end.offset) return null;
  return `it stands at ${at.epoch}:${at.offset} and never came to ${end.epoch}:${end.offset}`;
}

function freshFault({ recovery }: { readonly recovery: string }): string | null {
  return recovery === 'fresh' ? null : `its first subscription was ${recovery}`;
}

function resumedFault(event: Extract<Heard, { type: 'subscribed' }>, at: Place): string | null {
  const { recovery, offset, epoch } = event;
  if (recovery === 'fresh') return 'it came back and began anew';
  const isSame = at.offset === offset && at.epoch === epoch;
  return recovery === 'gap' || isSame
    ? null
    : `it came back to ${at.epoch}:${at.offset} and was recovered from ${epoch}:${offset}`;
}

function messageFault(
  event: Extract<Heard, { type: 'message' }>,
  at: Place,
  order: TopicOrder,
): string | null {
  const { number, offset, epoch } = event;
  const where = `${epoch}:${offset}`;
  if (epoch !== at.epoch) return `${number} came at ${where}, of another epoch than ${at.epoch}:${at.offset}`;
  if (offset <= at.offset) return `${number} came again, or late: ${where} behind ${at.offset}`;
  const next = order.after(at);
  if (next?.offset === offset && next.number === number) return null;
  return `${next?.number} at ${epoch}:${next?.offset} was lost in silence before ${number} at ${where}`;
}
