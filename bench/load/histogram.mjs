/** Counts durations in buckets that are at most 1.6 % wide, for quantiles in constant memory. */
export class Histogram {
  #counts = new Uint32Array(OCTAVES * STEPS);
  #total = 0;

  /** @param {number} milliseconds @param {number} [times] */
  record(milliseconds, times = 1) {
    const microseconds = Math.max(0, Math.round(milliseconds * 1000));
    this.#counts[bucketOf(microseconds)] += times;
    this.#total += times;
  }

  /**
   * The duration that a share of the recorded ones does not exceed, in microseconds; 0 if there are none.
   *
   * @param {number} share between 0 and 1
   */
  quantileUs(share) {
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (count > 0 && seen >= share * this.#total) return middleOf(bucket);
    }
    return 0;
  }

  clear() {
    this.#counts.fill(0);
    this.#total = 0;
  }
}

/** @param {number} value a whole number below 2^31 */
function bucketOf(value) {
  if (value < STEPS) return value;
  const shift = 31 - Math.clz32(value) - STEP_BITS;
  return (shift + 1) * STEPS + (value >>> shift) - STEPS;
}

/** @param {number} bucket */
function middleOf(bucket) {
  if (bucket < STEPS) return bucket;
  const shift = Math.floor(bucket / STEPS) - 1;
  const first = (STEPS + (bucket % STEPS)) * 2 ** shift;
  return first + (2 ** shift - 1) / 2;
}

const STEP_BITS = 6;
const STEPS = 2 ** STEP_BITS;
const OCTAVES = 32 - STEP_BITS;
