import { expect, test } from 'vitest';

import { readCloseRequest } from './close-request.js';

test.each([
  ['1000', '', 1000],
  [' 3000 ', 'bye', 3000],
  ['4999', 'x'.repeat(123), 4999],
  ['', '', undefined],
])('takes code %j', (code, reason, expected) => {
  expect(readCloseRequest(code, reason)).toEqual({ type: 'close', request: { code: expected, reason } });
});

test.each([
  ['999', '', 'code'],
  ['1001', '', 'code'],
  ['1006', '', 'code'],
  ['2999', '', 'code'],
  ['5000', '', 'code'],
  ['1000.5', '', 'code'],
  ['NaN', '', 'code'],
  ['', 'why', 'code'],
  ['1000', 'x'.repeat(124), 'reason'],
  ['1000', '이'.repeat(42), 'reason'],
])('refuses code %j with reason %j', (code, reason, field) => {
  expect(readCloseRequest(code, reason)).toMatchObject({ type: 'invalid', field });
});
