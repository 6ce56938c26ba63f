/** Milliseconds on a clock that all processes of this machine share and that never jumps. */
export function monotonicMs(): number {
  return performance.now() + offsetMs;
}

const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
