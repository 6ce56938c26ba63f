import { Buffer } from 'node:buffer';

import { expect, test } from 'vitest';

import { readSlots } from './slot-table.js';

const asked = { host: 'asked', port: 1 };

test('slots belong to the first server of a row, and all servers are known', () => {
  const reply = [
    [0, 99, [Buffer.from('a'), 1, Buffer.from('id-a')], [Buffer.from('b'), 2, Buffer.from('id-b')]],
    [100, 100, [Buffer.from('b'), 2, Buffer.from('id-b'), []]],
  ];
  expect(readSlots(reply, asked)).toEqual({
    ranges: [
      { start: 0, end: 99, id: 'id-a', address: { host: 'a', port: 1 } },
      { start: 100, end: 100, id: 'id-b', address: { host: 'b', port: 2 } },
    ],
    servers: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
  });
});

test.each([null, Buffer.from(''), Buffer.from('?')])(
  'a server that does not say its host is the one that was asked',
  (host) => {
    expect(readSlots([[0, 1, [host, 7, Buffer.from('id')]]], asked).servers).toEqual([
      { host: 'asked', port: 7 },
    ]);
  },
);

test.each([null, 3, Buffer.from('x'), [], [null], [[]]])('what is no table has no slots: %j', (reply) => {
  expect(readSlots(reply, asked).ranges).toEqual([]);
});
