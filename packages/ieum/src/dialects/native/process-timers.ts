import type { Clock } from '../../channel/clock.js';

/** Timers of this process; none keeps it alive. */
export const processTimers: Pick<Clock, 'setTimer'> = {
  setTimer(callback, delayMs) {
    let immediate: NodeJS.Immediate | undefined;
    const timeout = setTimeout(
      () => {
        // Input that is there already is handled between timers and immediates.
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
