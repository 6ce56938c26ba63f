import { describe, expect, test } from 'vitest';

import { subjectOf, topicOf } from './subject.js';

describe('a topic is a subject', () => {
  test.each([
    ['chat', 'root.chat'],
    ['chat/rooms/42', 'root.chat.rooms.42'],
    ['A_b-9', 'root.A_b-9'],
    ['a.b', 'root.a=2eb'],
    ['a b', 'root.a=20b'],
    ['=', 'root.=3d'],
    ['>/$SYS', 'root.=3e.=24SYS'],
    ['ä/한', 'root.=c3=a4.=ed=95=9c'],
    ['😀', 'root.=f0=9f=98=80'],
  ])('%s: %s', (topic, subject) => {
    expect(subjectOf('root', topic)).toBe(subject);
    expect(topicOf(subject, 1)).toBe(topic);
  });
});

test.each([
  ['*', 'root.*'],
  ['a/*/c', 'root.a.*.c'],
  ['a/**', 'root.a.>'],
  ['**', 'root.>'],
  ['a.b/*', 'root.a=2eb.*'],
])('a pattern is a subject with wildcards: %s', (pattern, subject) => {
  expect(subjectOf('root', pattern)).toBe(subject);
});

test('no two topics have one subject', () => {
  const names = ['a.b', 'a/b', 'a=2eb', 'a=2Eb', 'A.b', 'a b', 'a\u00a0b', 'a', 'ab'];
  expect(new Set(names.map((name) => subjectOf('r', name))).size).toBe(names.length);
});

test('whatever comes as a subject has a topic', () => {
  for (const subject of ['r.=', 'r.=zz', 'r.a=', 'r.=ff=fe', 'r..'])
    expect(topicOf(subject, 1)).toBeTypeOf('string');
});
