import { bucketCount, bucketOf, Histogram, startOf } from './histogram.js';

/**
 * Adds the latencies that a closed loop did not see because it waited.
 *
 * Who sends the next message only when the last one was answered sends nothing while the server stands still, and so
 * measures a stall once where it would have hit many messages. Had they gone out every `intervalUs`, one that took `v`
 * would have held up others that took `v - intervalUs`, `v - 2 * intervalUs` and so on: those are added, as long as they
 * are not shorter than an interval.
 */
export function correctForOmission(measured: Histogram, intervalUs: number): Histogram {
  const corrected = new Histogram(measured.counts.slice(), measured.maxUs);
  if (!(intervalUs > 0)) return corrected;
  for (let bucket = bucketOf(Math.floor(intervalUs)); bucket < bucketCount; bucket++) {
    const count = measured.counts[bucket] as number;
    if (count > 0) addOmitted(corrected, { bucket, count, intervalUs });
  }
  return corrected;
}

function addOmitted(
  corrected: Histogram,
  { bucket, count, intervalUs }: { bucket: number; count: number; intervalUs: number },
): void {
  const us = Math.min(corrected.maxUs, (startOf(bucket) + startOf(bucket + 1) - 1) / 2);
  const omitted = Math.floor(us / intervalUs) - 1;
  let counted = 0;
  for (let target = bucketOf(Math.floor(intervalUs)); target <= bucket && counted < omitted; target++) {
    const end = startOf(target + 1);
    const longer = end > us ? 0 : Math.min(omitted, Math.floor((us - end) / intervalUs));
    corrected.add(target, (omitted - longer - counted) * count);
    counted = omitted - longer;
  }
}
