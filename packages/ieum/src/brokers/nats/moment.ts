/** A moment by both clocks: one may be set, the other stands still while the machine sleeps. */
export interface Moment {
  readonly wallMs: number;
  readonly steadyMs: number;
}

export function momentNow(): Moment {
  return { wallMs: Date.now(), steadyMs: performance.now() };
}

/** How long ago it was: by the clock that says more. */
export function elapsedMs(since: Moment): number {
  return Math.max(Date.now() - since.wallMs, performance.now() - since.steadyMs, 0);
}

export function isLater(moment: Moment, than: Moment): boolean {
  return moment.steadyMs > than.steadyMs;
}
