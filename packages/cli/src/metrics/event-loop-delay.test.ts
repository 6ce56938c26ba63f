import { setTimeout as pause } from 'node:timers/promises';

import { AggregatorRegistry, Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';

import { addEventLoopDelay, EventLoopDelay } from './event-loop-delay.js';

function standStill(durationMs: number): void {
  const end = performance.now() + durationMs;
  while (performance.now() < end) Math.sqrt(end);
}

test('is measured from the first reading on: a time in which nothing else was done is in it', async () => {
  const delay = new EventLoopDelay();
  onTestFinished(() => delay.stop());
  expect(delay.read()).toMatchObject({ count: 0, sumSeconds: 0 });
  await pause(50);
  standStill(300);
  await pause(50);
  const { buckets, count, sumSeconds } = delay.read();
  const upTo = new Map(buckets);
  expect(count).toBeGreaterThan(2);
  expect(upTo.get(10)).toBe(count);
  expect(upTo.get(0.1)).toBeLessThan(count);
  expect(sumSeconds).toBeGreaterThan(0.2);
  const counts = buckets.map(([, value]) => value);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
});

test('is a histogram as Prometheus reads it, also of several processes', async () => {
  const delay = new EventLoopDelay();
  onTestFinished(() => delay.stop());
  const registry = new Registry();
  addEventLoopDelay(registry, delay);
  delay.read();
  await pause(60);
  const snapshot = JSON.parse(JSON.stringify(await registry.getMetricsAsJSON()));
  const text = await registry.metrics();
  expect(text).toContain('# TYPE ieum_event_loop_delay_seconds histogram\n');
  expect(text).toMatch(/ieum_event_loop_delay_seconds_bucket\{le="\+Inf"\} [1-9]/);
  const both = await AggregatorRegistry.aggregate([snapshot, snapshot]).metrics();
  const count = (one: string) => Number(/_seconds_count (\d+)/.exec(one)?.[1]);
  expect(count(both)).toBe(2 * snapshot[0].values.at(-1).value);
});
