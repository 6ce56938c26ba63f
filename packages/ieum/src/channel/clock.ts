/** A source of time and of one-shot timers. Passed in wherever time matters, so that tests own it. */
export interface Clock {
  /** Milliseconds on a monotonic scale with an arbitrary origin. */
  now(): number;
  /**
   * Calls `callback` once, not before `delayMs` have passed and not before input that is already there was handled:
   * whoever judges a peer's silence in it has heard all that the peer said. The returned function cancels it.
   * A pending timer keeps no process alive.
   */
  setTimer(callback: () => void, delayMs: number): () => void;
}
