import { expect, test } from 'vitest';

import { MemoryReceipts } from './memory-broker-receipts.js';

const receipt = (expiresAt: number) => ({ position: null, expiresAt });

test('beyond the bound the oldest are forgotten, however often one comes again', () => {
  const receipts = new MemoryReceipts(3);
  for (const name of ['a', 'b', 'a', 'c', 'd', 'a', 'e']) receipts.remember(name, receipt(100), 0);
  const known = ['a', 'b', 'c', 'd', 'e'].filter((name) => receipts.find(name, 0) !== undefined);
  expect(known).toEqual(['a', 'd', 'e']);
});

test('what is old is forgotten, also behind what was cleared', () => {
  const receipts = new MemoryReceipts(100);
  for (const name of ['a', 'b']) receipts.remember(name, receipt(10), 0);
  receipts.clear();
  for (const name of ['c', 'd', 'e']) receipts.remember(name, receipt(20), 10);
  receipts.remember('f', receipt(40), 30);
  expect(receipts.size).toBe(1);
  receipts.expire(40);
  receipts.remember('g', receipt(60), 50);
  receipts.remember('h', receipt(80), 70);
  expect([receipts.size, receipts.find('h', 70)]).toEqual([1, receipt(80)]);
});
