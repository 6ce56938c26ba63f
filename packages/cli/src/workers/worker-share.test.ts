import { expect, test } from 'vitest';

import { CommandFailure } from '../command-failure.js';
import type { ServeFlags } from '../serve-options.js';

import { sharedOut } from './worker-share.js';

const flags: ServeFlags = {
  ...{ host: '127.0.0.1', port: 8080, drainTimeout: 1, workers: 4, allowHost: ['a'] },
  ...{ broker: 'memory', logFormat: 'text', logLevel: 'info' },
};

test('limits on connections are divided among workers, nothing else is', () => {
  const shares = sharedOut({ ...flags, maxConnections: 10, maxConnectionsPerAddress: 4, maxFragments: 9 });
  expect(shares.map(({ maxConnections }) => maxConnections)).toEqual([3, 3, 2, 2]);
  expect(shares.map(({ maxConnectionsPerAddress }) => maxConnectionsPerAddress)).toEqual([1, 1, 1, 1]);
  for (const share of shares) expect(share).toMatchObject({ ...flags, maxFragments: 9 });
});

test('without limits there are none', () => {
  expect(sharedOut(flags)).toEqual([flags, flags, flags, flags]);
});

test.each([{ maxConnections: 3 }, { maxConnectionsPerAddress: 3 }])('%j is too little for four', (limit) => {
  expect(() => sharedOut({ ...flags, ...limit })).toThrow(CommandFailure);
});
