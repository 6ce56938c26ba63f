import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { measureCase } from './measuring.mjs';
import { loadSuite, suiteNames } from './suites.mjs';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = runInNewContext('gc');

test('an operation that allocates a kilobyte is found to', async () => {
  /** @type {unknown[]} */
  const kept = [];
  const { allocatedBytes, nanoseconds } = await measure((count) => {
    kept.length = 0;
    for (let i = 0; i < count; i++) kept.push(new Uint8Array(1024));
  });
  expect(allocatedBytes).toBeGreaterThan(1024);
  expect(allocatedBytes).toBeLessThan(4096);
  expect(nanoseconds).toBeGreaterThan(0);
});

test('an operation that allocates nothing is found to', async () => {
  const counts = new Uint32Array(1);
  const { allocatedBytes } = await measure((count) => {
    for (let i = 0; i < count; i++) counts[0] = (counts[0] ?? 0) + 1;
  });
  expect(allocatedBytes).toBeLessThan(1);
});

test('an operation that takes a while is waited for', async () => {
  let running = 0;
  let mostRunning = 0;
  await measure(async (count) => {
    mostRunning = Math.max(mostRunning, ++running);
    for (let i = 0; i < count; i++) await nextTurn();
    running--;
  });
  expect([running, mostRunning]).toEqual([0, 1]);
});

test.each(suiteNames)('every case of the %s suite runs', async (name) => {
  const cases = await loadSuite(name);
  expect(cases.length).toBeGreaterThan(5);
  for (const { repeat } of cases) await repeat(2);
  expect(new Set(cases.map((tested) => `${tested.group} ${tested.name}`)).size).toBe(cases.length);
});

/** @param {import('./case.mjs').Case['repeat']} repeat */
function measure(repeat) {
  return measureCase({ group: '', name: '', bytes: 1, repeat }, { seconds: 0.02, collectGarbage });
}
