import type { Position } from '../position.js';
import type { Publication } from '../publication.js';
import type { SlowReaderPolicy } from '../topic-policy.js';

/** What was dropped since it was last told: how many, and up to where. */
export interface Missed {
  readonly missed: number;
  readonly position: Position | null;
}

/** Publications that wait for a slow reader, bounded in bytes, in order. */
export class WaitingPublications {
  readonly #policy: SlowReaderPolicy;
  readonly #maxBytes: number;
  #publications: Publication[] = [];
  #bytes = 0;
  #missed = 0;
  #missedThrough: Position | null = null;

  constructor(policy: SlowReaderPolicy, maxBytes: number) {
    this.#policy = policy;
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#publications.length === 0 && this.#missed === 0;
  }

  /**
   * Keeps a publication or applies the policy; `overflow` asks for the connection to be closed.
   *
   * @param isReaderSlow whether it waits for the reader; for something else it waits by no policy, as long as there is room
   */
  offer(publication: Publication, isReaderSlow: boolean): 'queued' | 'dropped' | 'overflow' {
    const cost = costOf(publication);
    const hasRoom = this.#bytes + cost <= this.#maxBytes;
    switch (isReaderSlow || !hasRoom ? this.#policy : 'wait') {
      case 'close':
        return 'overflow';
      case 'drop-newest':
        this.#miss(publication);
        return 'dropped';
      case 'latest':
        this.clear();
        this.#push(publication, cost);
        return 'queued';
      case 'wait':
        if (!hasRoom) return 'overflow';
        this.#push(publication, cost);
        return 'queued';
      case 'drop-oldest': {
        const hadAll = this.#missed;
        this.#push(publication, cost);
        while (this.#bytes > this.#maxBytes && this.#publications.length > 1) {
          this.#miss(this.take() as Publication);
        }
        return this.#missed === hadAll ? 'queued' : 'dropped';
      }
    }
  }

  take(): Publication | undefined {
    const publication = this.#publications.shift();
    if (publication !== undefined) this.#bytes -= costOf(publication);
    return publication;
  }

  /** What was dropped, for somebody to tell; null when nothing was. */
  takeMissed(): Missed | null {
    if (this.#missed === 0) return null;
    const missed = { missed: this.#missed, position: this.#missedThrough };
    this.#missed = 0;
    this.#missedThrough = null;
    return missed;
  }

  clear(): void {
    this.#publications = [];
    this.#bytes = 0;
  }

  #push(publication: Publication, cost: number): void {
    this.#publications.push(publication);
    this.#bytes += cost;
  }

  #miss({ position }: Publication): void {
    this.#missed++;
    this.#missedThrough = position;
  }
}

/** What keeping a publication costs, roughly, in bytes. */
function costOf({ payload }: Publication): number {
  return payload.byteLength + publicationCharge;
}

const publicationCharge = 256;
