/**
 * How long the next worker in a place waits after one has died.
 *
 * @param deaths how many died in a row in that place, this one included
 */
export function backOffMs(deaths: number): number {
  return Math.min(maxMs, firstMs * 2 ** (deaths - 1));
}

/** A worker that lived so long begins the count of deaths anew, in milliseconds. */
export const longLifeMs = 30_000;

const firstMs = 100;
const maxMs = 30_000;
