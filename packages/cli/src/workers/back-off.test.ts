import { expect, test } from 'vitest';

import { backOffMs } from './back-off.js';

test('every death in a row doubles the wait, up to half a minute', () => {
  expect([1, 2, 3, 8, 9, 10, 2_000].map(backOffMs)).toEqual([100, 200, 400, 12_800, 25_600, 30_000, 30_000]);
});
