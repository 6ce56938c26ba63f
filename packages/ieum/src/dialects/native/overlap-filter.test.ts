import { Buffer } from 'node:buffer';
import { beforeEach, describe, expect, test } from 'vitest';

import type { Position } from '../../hub/position.js';
import { Publication } from '../../hub/publication.js';
import { OverlapFilter, type TopicShare } from './overlap-filter.js';

const position = (offset: number, epoch = 'e'): Position => ({ offset, epoch });

function publication(at: Position | null, id = `${at?.epoch}${at?.offset}`): Publication {
  const draft = { topic: 'a', format: 'text', payload: Buffer.alloc(0), headers: {} } as const;
  return new Publication({ ...draft, publisher: null, key: null, id }, at, 0);
}

let filter: OverlapFilter;
/** That of the topic that was opened last. */
let share: TopicShare;
beforeEach(() => {
  filter = new OverlapFilter();
});

function openTopic(at: Position | null): void {
  share = filter.openTopic('a', at);
}

test('without patterns everything is sent', () => {
  openTopic(position(5));
  const again = publication(position(6));
  expect([share.admits(again), share.admits(again)]).toEqual([true, true]);
});

test('of two patterns the first one delivers, in whatever order they come', () => {
  filter.openPattern('*');
  filter.openPattern('**');
  const one = publication(position(1));
  const two = publication(null, 'two');
  expect([one, one, two, two, one].map((found) => filter.admitsByPattern(found))).toEqual([
    true,
    false,
    true,
    false,
    false,
  ]);
});

describe('a topic that is subscribed to by its name', () => {
  beforeEach(() => {
    filter.openPattern('*');
    openTopic(position(5));
  });

  test('delivers what comes after its position; what came before is left to patterns', () => {
    expect(filter.admitsByPattern(publication(position(5)))).toBe(true);
    expect(filter.admitsByPattern(publication(position(6)))).toBe(false);
    expect(share.admits(publication(position(6)))).toBe(true);
  });

  test('delivers what it recovers, whatever patterns delivered before it was subscribed to', () => {
    filter.closeTopic('a');
    expect(filter.admitsByPattern(publication(position(8)))).toBe(true);
    openTopic(position(7));
    expect(share.admits(publication(position(8)))).toBe(true);
  });

  test('does not deliver again what a pattern delivered of a history that it had not heard of yet', () => {
    expect(filter.admitsByPattern(publication(position(1, 'f')))).toBe(true);
    filter.handleGap('a', position(0, 'f'));
    expect(share.admits(publication(position(1, 'f')))).toBe(false);
    expect(filter.admitsByPattern(publication(position(2, 'f')))).toBe(false);
    expect(share.admits(publication(position(2, 'f')))).toBe(true);
  });

  test('has delivered all when it has what was left to it', () => {
    filter.admitsByPattern(publication(position(6)));
    share.admits(publication(position(6)));
    expect(filter.closeTopic('a')).toBe(false);
  });

  test('is missing something when it ends before', () => {
    share.admits(publication(position(6)));
    filter.admitsByPattern(publication(position(7)));
    expect(filter.closeTopic('a')).toBe(true);
  });

  test('is missing nothing that nobody else would have delivered', () => {
    filter.admitsByPattern(publication(position(6)));
    filter.closePattern('*');
    expect(filter.closeTopic('a')).toBe(false);
  });
});

test('what a topic delivered does not come again by a pattern that is behind, whatever becomes of the topic', () => {
  openTopic(position(5));
  filter.openPattern('*');
  expect(share.admits(publication(position(6)))).toBe(true);
  filter.closeTopic('a');
  expect(filter.admitsByPattern(publication(position(6)))).toBe(false);
  expect(filter.admitsByPattern(publication(position(7)))).toBe(true);
  openTopic(position(8));
  expect(filter.admitsByPattern(publication(position(6)))).toBe(false);
  expect(filter.admitsByPattern(publication(position(8)))).toBe(true);
});

test('a pattern that does not match a topic has nothing to do with it', () => {
  filter.openPattern('b/*');
  openTopic(null);
  const found = publication(null, 'id');
  expect([share.admits(found), share.admits(found)]).toEqual([true, true]);
  expect(filter.closeTopic('a')).toBe(false);
});

test.each(['topic', 'pattern'])('without positions whichever is first delivers: the %s', (first) => {
  filter.openPattern('*');
  openTopic(null);
  const found = publication(null, 'id');
  const admits = [() => share.admits(found), () => filter.admitsByPattern(found)];
  if (first === 'pattern') admits.reverse();
  expect(admits.map((admit) => admit())).toEqual([true, false]);
});

test('what is remembered is bounded', () => {
  filter.openPattern('*');
  filter.openPattern('**');
  const first = publication(null, 'first');
  filter.admitsByPattern(first);
  for (let i = 0; i < 4_095; i++) filter.admitsByPattern(publication(null, `${i}`));
  expect(filter.admitsByPattern(first)).toBe(false);
  filter.admitsByPattern(publication(null, 'last'));
  expect(filter.admitsByPattern(first)).toBe(true);
});
