import { expect, test } from 'vitest';

import { FakeClock } from '../../testing/fake-clock.js';
import { seededRandom } from '../../testing/seeded-random.js';
import type { Broker, MemberChange } from '../broker.js';
import { MemberView } from './member-view.js';

const come = (user: string): MemberChange => ({ type: 'present', user, info: null });
const go = (user: string): MemberChange => ({ type: 'absent', user });

/** A view of one node's members, and watchers that write down what they are told. */
function createView(): {
  readonly view: MemberView;
  readonly clock: FakeClock;
  apply(...changes: readonly MemberChange[]): void;
  watch(): { readonly members: readonly string[]; readonly log: readonly string[]; unwatch(): void };
} {
  const clock = new FakeClock();
  const view = new MemberView({ broker: {} as Broker, clock, graceMs: 0, batchMs: 100 });
  view.setAll([]);
  return {
    view,
    clock,
    apply: (...changes) => view.apply('node', changes),
    watch() {
      const log: string[] = [];
      const unwatch = view.watch(({ joined, left }) => {
        log.push([...joined.map(({ user }) => `+${user}`), ...left.map(({ user }) => `-${user}`)].join(' '));
      });
      return { members: view.members.map(({ user }) => user), log, unwatch };
    },
  };
}

test('however many begin to watch, changes are told once in a while', () => {
  const { clock, apply, watch } = createView();
  const watchers = Array.from({ length: 5 }, (_, number) => {
    apply(come(`${number}`));
    return watch();
  });
  expect(watchers.map(({ members }) => members.length)).toEqual([1, 2, 3, 4, 5]);
  clock.advance(100);
  expect(watchers.map(({ log }) => log)).toEqual([['+1 +2 +3 +4'], ['+2 +3 +4'], ['+3 +4'], ['+4'], []]);
});

test('who begins to watch is told of what they do not know, whatever others know', () => {
  const { clock, apply, watch } = createView();
  apply(come('ann'), come('bob'));
  const old = watch();
  apply(go('ann'), come('carol'));
  const young = watch();
  apply(come('ann'), go('carol'));
  expect(young.members).toEqual(['bob', 'carol']);
  clock.advance(100);
  expect([old.log, young.log]).toEqual([[], ['+ann -carol']]);
  apply(go('bob'));
  clock.advance(100);
  expect([old.log, young.log]).toEqual([['-bob'], ['+ann -carol', '-bob']]);
});

test('who does not watch any more is told nothing, and while nobody watches nothing is gathered', () => {
  const { clock, apply, watch } = createView();
  const watcher = watch();
  apply(come('ann'));
  watcher.unwatch();
  clock.advance(100);
  apply(come('bob'));
  expect([watcher.log, clock.pendingTimers]).toEqual([[], 0]);
});

test.each([1, 2, 3, 4, 5])(
  'whoever begins whenever knows who is there, once they are told (seed %i)',
  (seed) => {
    const random = seededRandom(seed);
    const { view, clock, apply } = createView();
    const watchers: Set<string>[] = [];
    for (let step = 0; step < 2_000; step++) {
      const user = `${random.below(6)}`;
      const dice = random.below(20);
      if (dice < 14) apply(random.below(2) === 0 ? come(user) : go(user));
      else if (dice === 14) view.setAll([{ node: 'node', user, info: null }]);
      else if (dice === 15 && watchers.length < 50) {
        const known = new Set(view.members.map((member) => member.user));
        watchers.push(known);
        view.watch(({ joined, left }) => {
          for (const { user: name } of left) expect(known.delete(name)).toBe(true);
          for (const { user: name } of joined) expect(known.has(name)).toBe(false);
          for (const { user: name } of joined) known.add(name);
        });
      } else if (dice === 16) clock.advance(100);
    }
    clock.advance(100);
    const there = view.members.map((member) => member.user).sort();
    expect(watchers.length).toBeGreaterThan(10);
    for (const known of watchers) expect([...known].sort()).toEqual(there);
  },
);
