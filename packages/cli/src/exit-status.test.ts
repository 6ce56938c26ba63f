import type { CloseRecord } from 'ieum';
import { expect, test } from 'vitest';

import { exitStatusOf } from './exit-status.js';

const closed = (code: number): CloseRecord => ({
  code,
  reason: '',
  received: { code, reason: '' },
  sent: { code, reason: '' },
  first: 'received',
  wasClean: true,
  cause: { type: 'closing-handshake' },
});

test.each([
  [0, [1000, 1001, 1005]],
  [1, [1006, 2000, 1015]],
  [3, [1002, 1003, 1007, 1010]],
  [4, [1008, 1009]],
  [5, [1011, 1012, 1013, 1014]],
  [6, [3000, 3999, 4000, 4999]],
])('exit status %d', (status, codes) => {
  for (const code of codes) expect([code, exitStatusOf(closed(code))]).toEqual([code, status]);
});

test('a server that breaks the protocol is not merely lost', () => {
  const violation = {
    code: 'ERR_WS_RESERVED_BITS',
    closeCode: 1002,
    reason: 'reserved bits are set',
    clause: 'RFC 6455 §5.2',
  } as const;
  const record: CloseRecord = {
    ...closed(1006),
    received: null,
    first: 'sent',
    wasClean: false,
    cause: { type: 'violation', violation },
  };
  expect(exitStatusOf(record)).toBe(3);
});
