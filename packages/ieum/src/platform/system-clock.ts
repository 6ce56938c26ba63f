import type { Clock } from '../channel/clock.js';

/** The clock of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimer(callback, delayMs) {
    let immediate: NodeJS.Immediate | undefined;
    const timeout = setTimeout(
      () => {
        // The event loop polls for input between its timers and its immediates.
        immediate = setImmediate(callback);
      },
      Math.min(delayMs, longestDelayMs),
    );
    timeout.unref();
    return () => {
      clearTimeout(timeout);
      clearImmediate(immediate);
    };
  },
};

/** 24.8 days: a longer delay would be taken for none. */
const longestDelayMs = 2 ** 31 - 1;
