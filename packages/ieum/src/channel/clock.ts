/** A source of time and of one-shot timers. Passed in wherever time matters, so that tests own it. */
export interface Clock {
  /** Milliseconds on a monotonic scale with an arbitrary origin. */
  now(): number;
  /** Calls `callback` once after `delayMs`; the returned function cancels it. A pending timer keeps no process alive. */
  setTimer(callback: () => void, delayMs: number): () => void;
}
