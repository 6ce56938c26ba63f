import { expect, test } from 'vitest';

import { isProbeText, Probe } from './probe.js';

test('an answer is measured from its own question, in whatever order', () => {
  const probe = new Probe('abc');
  const [first, second] = [probe.nextText(100), probe.nextText(200)];
  expect(probe.handleReceived(second, 201)).toBe(1);
  expect(probe.handleReceived(first, 210)).toBe(110);
});

test('an answer counts once', () => {
  const probe = new Probe('abc');
  const text = probe.nextText(0);
  probe.handleReceived(text, 1);
  expect(probe.handleReceived(text, 2)).toBeUndefined();
});

test("another page's probe is no answer", () => {
  const [ours, theirs] = [new Probe('abc'), new Probe('xyz')];
  ours.nextText(0);
  const text = theirs.nextText(0);
  expect(ours.handleReceived(text, 1)).toBeUndefined();
  expect(isProbeText(text)).toBe(true);
});

test('overdue probes are told once and can no longer be answered', () => {
  const probe = new Probe('abc', 1_000);
  const late = probe.nextText(0);
  probe.nextText(500);
  expect(probe.takeOverdue(1_001)).toEqual([0]);
  expect(probe.takeOverdue(1_001)).toEqual([]);
  expect(probe.handleReceived(late, 1_002)).toBeUndefined();
});

test.each(['', 'hello', 'ieum-probe', 'ieum-probe abc', 'ieum-probe abc x', 'ieum-probe abc 1 '])(
  'a message such as %j is no probe',
  (text) => expect(isProbeText(text)).toBe(false),
);
