/** One probe: when it was sent, as Unix time, and how long its answer took; undefined when none came in time. */
export interface RoundTrip {
  readonly timeMs: number;
  readonly roundTripMs: number | undefined;
}

export interface RoundTripNumbers {
  readonly current: number | undefined;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly unanswered: number;
}

/** `trips` with one more, the newest `MAX_ROUND_TRIPS` of them, ordered by the time they were sent. */
export function addRoundTrip(trips: readonly RoundTrip[], trip: RoundTrip): readonly RoundTrip[] {
  const after = trips.findLastIndex((earlier) => earlier.timeMs <= trip.timeMs) + 1;
  return trips.toSpliced(after, 0, trip).slice(-MAX_ROUND_TRIPS);
}

export function roundTripNumbers(trips: readonly RoundTrip[]): RoundTripNumbers {
  const answered = trips.flatMap((trip) => trip.roundTripMs ?? []);
  return {
    current: answered.at(-1),
    p50: percentile(answered, 50),
    p99: percentile(answered, 99),
    unanswered: trips.length - answered.length,
  };
}

/** The smallest value that at least `rank` per cent of `values` do not exceed (nearest rank). */
export function percentile(values: readonly number[], rank: number): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1)];
}

export const MAX_ROUND_TRIPS = 300;
