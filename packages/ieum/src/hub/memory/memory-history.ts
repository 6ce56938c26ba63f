import type { Publication } from '../publication.js';

/** What several histories keep costs about so many bytes. */
export interface MemoryLedger {
  bytes: number;
}

/**
 * The publications of one topic that are kept, oldest first, in a ring that grows as they come. Their offsets follow one
 * another without holes.
 */
export class MemoryHistory {
  #ring: (Publication | undefined)[] = [];
  #first = 0;
  #length = 0;
  #topOffset: number;
  readonly #ledger: MemoryLedger;

  /** @param topOffset where the topic stands before anything is kept */
  constructor(topOffset: number, ledger: MemoryLedger = { bytes: 0 }) {
    this.#topOffset = topOffset;
    this.#ledger = ledger;
  }

  /** Publications that are kept. */
  get length(): number {
    return this.#length;
  }

  /** The offset of the latest publication, kept or not. */
  get topOffset(): number {
    return this.#topOffset;
  }

  /** All that came after this offset is kept. */
  get floorOffset(): number {
    return this.#topOffset - this.#length;
  }

  /** Keeps a publication as the latest, at offset `topOffset + 1`, and of all at most `maxMessages`. */
  push(publication: Publication, maxMessages: number): void {
    while (this.#length > 0 && this.#length >= maxMessages) this.#shift();
    this.#topOffset++;
    if (maxMessages === 0) return;
    if (this.#length === this.#ring.length) this.#grow();
    this.#length++;
    this.#ledger.bytes += costOf(publication);
    this.#ring[this.#slot(this.#length - 1)] = publication;
  }

  /** Counts a publication that is not kept, and forgets those before it: offsets have no holes. */
  skip(): void {
    if (this.#length > 0) this.clear();
    this.#topOffset++;
  }

  /** Forgets publications from the oldest on, as long as they were published before `time`. */
  expire(time: number): void {
    if (this.#length === 0) return;
    while (this.#length > 0 && (this.#ring[this.#first] as Publication).publishedAt < time) this.#shift();
    if (this.#length === 0) this.clear();
  }

  /** Forgets the oldest `count`. */
  drop(count: number): void {
    for (let left = Math.min(count, this.#length); left > 0; left--) this.#shift();
    if (this.#length === 0) this.clear();
  }

  /** The publication at an offset, if it is kept. */
  at(offset: number): Publication | undefined {
    const index = offset - this.floorOffset - 1;
    return index >= 0 && index < this.#length ? this.#ring[this.#slot(index)] : undefined;
  }

  /** The first `limit` of those after an offset. */
  after(offset: number, limit: number): Publication[] {
    const index = Math.max(offset - this.floorOffset, 0);
    return this.#slice(index, Math.min(this.#length - index, limit));
  }

  /** The last `limit`. */
  latest(limit: number): Publication[] {
    const length = Math.min(this.#length, limit);
    return this.#slice(this.#length - length, length);
  }

  /** Forgets all publications; the topic stands where it stood. */
  clear(): void {
    while (this.#length > 0) this.#shift();
    this.#ring = [];
    this.#first = 0;
  }

  #slice(index: number, length: number): Publication[] {
    const publications: Publication[] = [];
    for (let i = index; i < index + length; i++) {
      publications.push(this.#ring[this.#slot(i)] as Publication);
    }
    return publications;
  }

  /** Lengths of the ring are powers of two. */
  #slot(index: number): number {
    return (this.#first + index) & (this.#ring.length - 1);
  }

  #shift(): void {
    this.#ledger.bytes -= costOf(this.#ring[this.#first] as Publication);
    this.#ring[this.#first] = undefined;
    this.#first = this.#slot(1);
    this.#length--;
  }

  #grow(): void {
    const kept = this.latest(this.#length);
    kept.length = Math.max(kept.length * 2, smallestRing);
    this.#ring = kept;
    this.#first = 0;
  }
}

function costOf({ payload }: Publication): number {
  return payload.byteLength + publicationCharge;
}

const smallestRing = 4;
/** What a publication costs beside its payload, roughly, in bytes. */
const publicationCharge = 512;
