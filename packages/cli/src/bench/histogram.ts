/** Counts durations in buckets that are at most 1.6 % wide, for quantiles in constant memory. */
export class Histogram {
  /** How many durations each bucket has; see `bucketOf`. */
  readonly counts: Float64Array;
  total = 0;
  /** The longest duration, exact. */
  maxUs = 0;

  constructor(counts: Float64Array = new Float64Array(bucketCount), maxUs = 0) {
    this.counts = counts;
    this.maxUs = maxUs;
    for (const count of counts) this.total += count;
  }

  /** Counts a duration, rounded to microseconds. */
  record(milliseconds: number): void {
    const us = Math.min(longestUs, Math.max(0, Math.round(milliseconds * 1000)));
    const bucket = bucketOf(us);
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.total++;
    if (us > this.maxUs) this.maxUs = us;
  }

  /** Counts what another histogram has. */
  merge(other: Histogram): void {
    for (let bucket = 0; bucket < bucketCount; bucket++) this.add(bucket, other.counts[bucket] as number);
    this.maxUs = Math.max(this.maxUs, other.maxUs);
  }

  /** Counts `times` durations of a bucket that are not longer than the longest so far. */
  add(bucket: number, times: number): void {
    this.counts[bucket] = (this.counts[bucket] as number) + times;
    this.total += times;
  }

  /**
   * The duration that a share of them does not exceed, in microseconds; 0 when there are none.
   *
   * @param share between 0 and 1
   */
  quantileUs(share: number): number {
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const count = this.counts[bucket] as number;
      seen += count;
      if (count > 0 && seen >= share * this.total) {
        return Math.min(this.maxUs, (startOf(bucket) + startOf(bucket + 1) - 1) / 2);
      }
    }
    return this.maxUs;
  }
}

/** The bucket of a whole number of microseconds below 2^31. */
export function bucketOf(us: number): number {
  if (us < steps) return us;
  const shift = 31 - Math.clz32(us) - stepBits;
  return (shift + 1) * steps + (us >>> shift) - steps;
}

/** The shortest duration of a bucket, in microseconds. */
export function startOf(bucket: number): number {
  if (bucket < steps) return bucket;
  const shift = Math.floor(bucket / steps) - 1;
  return (steps + (bucket % steps)) * 2 ** shift;
}

const stepBits = 6;
const steps = 2 ** stepBits;
const longestUs = 2 ** 31 - 1;
export const bucketCount: number = (32 - stepBits) * steps;
