import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { MetricsSnapshot } from '../metrics/metrics.js';

import { type CountingMember, MetricsRounds } from './metrics-rounds.js';
import type { WorkerOrder } from './worker-message.js';

class Member implements CountingMember {
  readonly orders: WorkerOrder[] = [];

  tell(order: WorkerOrder): void {
    this.orders.push(order);
  }

  get answers(): readonly (readonly MetricsSnapshot[])[] {
    return this.orders.flatMap((order) => (order.type === 'metrics' ? [order.snapshots] : []));
  }

  get questions(): number {
    return this.orders.filter(({ type }) => type === 'count-metrics').length;
  }
}

const snapshot = (name: string): MetricsSnapshot => [{ name }] as unknown as MetricsSnapshot;

let members: Member[];
let rounds: MetricsRounds;

beforeEach(() => {
  vi.useFakeTimers();
  members = [new Member(), new Member()];
  rounds = new MetricsRounds(() => members);
});
afterEach(() => vi.useRealTimers());

test('who asks is told what all have counted, once all have said so', () => {
  const [one, two] = members as [Member, Member];
  rounds.ask(one);
  rounds.receive(one, snapshot('1'));
  expect([one.questions, two.questions, one.answers]).toEqual([1, 1, []]);
  rounds.receive(two, snapshot('2'));
  expect(one.answers).toEqual([[snapshot('1'), snapshot('2')]]);
  expect(two.answers).toEqual([]);
});

test('who asks during a round gets its answer, and nobody is asked twice', () => {
  const [one, two] = members as [Member, Member];
  rounds.ask(one);
  rounds.ask(two);
  for (const [i, member] of members.entries()) rounds.receive(member, snapshot(String(i)));
  expect(members.map(({ questions, answers }) => [questions, answers.length])).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

test('one that does not answer in time counts with what it said last', () => {
  const [one, two] = members as [Member, Member];
  rounds.ask(one);
  for (const member of members) rounds.receive(member, snapshot('old'));
  rounds.ask(one);
  rounds.receive(one, snapshot('new'));
  vi.advanceTimersByTime(1_000);
  expect(one.answers[1]).toEqual([snapshot('new'), snapshot('old')]);
  expect(two.questions).toBe(2);
});

test('one that dies is not waited for, and counts no more', () => {
  const [one, two] = members as [Member, Member];
  rounds.ask(one);
  rounds.receive(one, snapshot('1'));
  members = [one];
  rounds.forget(two);
  expect(one.answers).toEqual([[snapshot('1')]]);
  rounds.ask(one);
  rounds.receive(one, snapshot('2'));
  expect(one.answers[1]).toEqual([snapshot('2')]);
});
