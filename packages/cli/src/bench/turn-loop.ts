import { monotonicMs } from './clock.js';

/**
 * Calls `turn` once per turn of the event loop, after all that arrived in it was read, until `isOver`.
 *
 * The loop never blocks: a turn that brought nothing ends with a nap of 50 microseconds. A client that blocks must be woken
 * by the server's write, and on one machine the kernel charges the wake-up to the server.
 *
 * @param reads how often something was read so far
 */
export function spin(
  reads: () => number,
  turn: (nowMs: number) => void,
  isOver: (nowMs: number) => boolean,
): Promise<void> {
  return new Promise((resolve) => {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    let readsBefore = reads();
    const next = (): void => {
      const nowMs = monotonicMs();
      if (isOver(nowMs)) {
        resolve();
        return;
      }
      turn(nowMs);
      const readsNow = reads();
      if (readsNow === readsBefore) Atomics.wait(sleeper, 0, 0, napMs);
      readsBefore = readsNow;
      setImmediate(next);
    };
    next();
  });
}

const napMs = 0.05;
