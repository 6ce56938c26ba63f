import { performance } from 'node:perf_hooks';
import type { Clock } from '../channel/clock.js';

/** The clock of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(callback, delayMs) {
    let immediate: NodeJS.Immediate | undefined;
    const timeout = setTimeout(() => {
      // The event loop polls for input between its timers and its immediates.
      immediate = setImmediate(callback);
    }, delayMs);
    timeout.unref();
    return () => {
      clearTimeout(timeout);
      clearImmediate(immediate);
    };
  },
};
