import { expect, test } from 'vitest';

import type { Direction, LogRow } from './frame-log.js';
import type { Payload } from './payload.js';
import { RowFilter } from './row-filter.js';

const message = (id: number, direction: Direction, payload: Payload): LogRow => ({
  type: 'message',
  id,
  timeMs: 0,
  direction,
  payload,
  bytes: payload.length,
  roundTripMs: undefined,
  isProbe: false,
});
const rows: LogRow[] = [
  message(1, 'sent', 'Hello'),
  message(2, 'received', 'hello back'),
  message(3, 'sent', Uint8Array.of(0x0a, 0xff, 0x10)),
  { type: 'close', id: 4, timeMs: 0, direction: 'received', code: 4001, reason: 'Hello no more', bytes: 15 },
  { type: 'note', id: 5, timeMs: 0, words: 'connected', isFault: false },
];

test.each([
  ['', 'both', [1, 2, 3, 4, 5]],
  ['HELLO', 'both', [1, 2, 4]],
  ['hello', 'sent', [1]],
  ['', 'received', [2, 4]],
  ['ff 10', 'both', [3]],
  ['0AFF', 'both', [3]],
  ['4001', 'both', [4]],
  ['connected', 'both', [5]],
  ['nowhere', 'both', []],
] as const)('text %j, direction %s', (text, direction, expected) => {
  const filter = new RowFilter({ text, direction });
  expect(filter.apply(rows).map(({ id }) => id)).toEqual(expected);
  expect(filter.apply(rows).map(({ id }) => id)).toEqual(expected);
});
