import { expect, test } from 'vitest';

import { elapsedMs, isLater, momentNow } from './moment.js';

test('how long ago it was is what the clock says that says more', () => {
  const now = momentNow();
  expect(elapsedMs({ ...now, wallMs: now.wallMs - 5_000 })).toBeGreaterThanOrEqual(5_000);
  expect(elapsedMs({ ...now, steadyMs: now.steadyMs - 7_000 })).toBeGreaterThanOrEqual(7_000);
  const future = { wallMs: now.wallMs + 9_000, steadyMs: now.steadyMs + 9_000 };
  expect([elapsedMs(future), isLater(future, now), isLater(now, future)]).toEqual([0, true, false]);
});
