import { describe, expect, test } from 'vitest';

import { checkPattern, checkTopic, matchesPattern, maxTopicBytes } from './topic-name.js';

test.each([
  'a',
  'chat/rooms/42',
  'Ünïcode/한국어',
  '👩\u200d🚀/می\u200cخواهم',
  'with space/and.dot/and>',
  'x'.repeat(maxTopicBytes),
])('%j is a topic', (name) => {
  expect(checkTopic(name)).toBe(name);
  expect(checkPattern(name)).toBe(name);
});

test.each<readonly [name: unknown, problem: string]>([
  ['', 'empty'],
  ['/a', 'an empty first level'],
  ['a/', 'an empty last level'],
  ['a//b', 'an empty level'],
  ['a\u0000', 'NUL'],
  ['a\nb', 'a line feed'],
  ['a\u007f', 'DEL'],
  ['a\u009f', 'a control character of Latin-1'],
  ['a\u2028', 'a line separator'],
  ['a\u202eb', 'a character that turns text round'],
  ['a\u200bb', 'a space that nobody sees'],
  ['a\u200eb', 'a mark of direction'],
  ['a\u00adb', 'a hyphen that nobody sees'],
  ['\ud800', 'half a surrogate pair'],
  ['x'.repeat(maxTopicBytes + 1), 'too long'],
  ['한'.repeat(86), 'too long in bytes'],
  ['x'.repeat(64 * 1024), '64 KiB'],
  [Array.from({ length: 17 }, () => 'a').join('/'), 'too deep'],
  [42, 'a number'],
  [null, 'null'],
  [undefined, 'nothing'],
  [['a'], 'a list'],
])('%j is neither topic nor pattern: %s', (name) => {
  expect(() => checkTopic(name)).toThrow(expect.objectContaining({ code: 'ERR_HUB_INVALID_TOPIC' }));
  expect(() => checkPattern(name)).toThrow(expect.objectContaining({ code: 'ERR_HUB_INVALID_PATTERN' }));
});

test.each(['*', '**', 'a/*', '*/b', 'a/*/b/**', 'a/**'])('%j is a pattern and no topic', (pattern) => {
  expect(checkPattern(pattern)).toBe(pattern);
  expect(() => checkTopic(pattern)).toThrow(expect.objectContaining({ code: 'ERR_HUB_INVALID_TOPIC' }));
});

test.each(['a*', '*a/b', '***', '**/a', 'a/**/b', 'a/b*/**'])('%j is no pattern', (pattern) => {
  expect(() => checkPattern(pattern)).toThrow(expect.objectContaining({ code: 'ERR_HUB_INVALID_PATTERN' }));
});

describe.each([
  ['a', ['a'], ['b', 'a/b']],
  ['a/*', ['a/b', 'a/c'], ['a', 'a/b/c', 'b/b']],
  ['*', ['a', 'b'], ['a/b']],
  ['*/b', ['a/b', 'b/b'], ['a/c', 'a/b/c']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'b/c']],
  ['**', ['a', 'a/b/c'], []],
  ['a/*/c/**', ['a/b/c/d', 'a/x/c/d/e'], ['a/b/c', 'a/b/d/e']],
] as const)('%s', (pattern, topics, others) => {
  test('stands for its topics, and no others', () => {
    expect(topics.filter((topic) => !matchesPattern(pattern, topic))).toEqual([]);
    expect(others.filter((topic) => matchesPattern(pattern, topic))).toEqual([]);
  });
});
