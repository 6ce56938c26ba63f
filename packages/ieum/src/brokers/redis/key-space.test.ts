import { expect, test } from 'vitest';

import { hashSlot } from './hash-slot.js';
import { KeySpace, tagOf } from './key-space.js';

const odd = ['a', 'a/b', '{a}', 'a}b', '{}', '%7B', '%', 'a%7Db}', 'ä한😀', ' '];

test.each(odd)('the channel of %j leads back to it', (topic) => {
  const keys = new KeySpace('p:');
  expect(keys.topicOf(keys.topic(topic).channel)).toBe(topic);
});

test('no two topics share a key', () => {
  const keys = new KeySpace('p:');
  expect(new Set(odd.flatMap((topic) => Object.values(keys.topic(topic)))).size).toBe(odd.length * 7);
});

test.each(odd)('all keys of %j have its hash tag, as Redis finds it', (topic) => {
  for (const key of Object.values(new KeySpace('p:').topic(topic))) {
    const start = key.indexOf('{');
    expect(key.slice(start + 1, key.indexOf('}', start))).toBe(tagOf(topic));
  }
});

test.each(['', 'p:', 'p:{a', 'q:{a}:c', 'p:{a}:e', 'p:all:0'])('%j is no topic channel', (channel) => {
  expect(new KeySpace('p:').topicOf(channel)).toBeUndefined();
});

test.each([
  ['123456789', 0x31c3],
  ['foo', 12182],
  ['', 0],
])('the slot of %j is %i', (tag, slot) => {
  expect(hashSlot(tag)).toBe(slot);
});
