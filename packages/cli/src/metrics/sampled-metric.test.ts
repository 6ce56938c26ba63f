import { Registry } from 'prom-client';
import { expect, test } from 'vitest';

import { addCounter, addGauge, LabelledCount } from './sampled-metric.js';

test('counters and gauges are read when somebody asks', async () => {
  const registry = new Registry();
  const counts = new LabelledCount('path');
  let value = 1;
  addCounter(registry, { name: 'a_total', help: 'A.', labels: ['path'], read: () => counts });
  addGauge(registry, { name: 'b', help: 'B.', read: () => value });
  counts.add(['/a']);
  counts.add(['/a'], 4);
  counts.add(['/"b"\n'], 2);
  value = 7;
  const text = await registry.metrics();
  expect(text).toContain('a_total{path="/a"} 5\n');
  expect(text).toContain('a_total{path="/\\"b\\"\\n"} 2\n');
  expect(text).toContain('b 7\n');
  expect(await registry.metrics()).toBe(text);
});

test('however many label values come, what is kept stays small, and nothing is lost', () => {
  const counts = new LabelledCount('status', 'reason');
  for (let i = 0; i < 1_000; i++) counts.add([String(i), 'x']);
  const samples = [...counts];
  expect(samples.length).toBeLessThanOrEqual(201);
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(1_000);
  expect(samples.at(-1)).toEqual({ labels: { status: 'other', reason: 'other' }, value: 800 });
});
