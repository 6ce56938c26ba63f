import { describe, expect, test } from 'vitest';

import { type AccessAction, allAccess, covers, isAllowed, noAccess, readAccessRules } from './access.js';

describe('covers', () => {
  test.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/c', false],
    ['a/b', 'a', false],
    ['a', 'a/b', false],
    ['a/*', 'a/b', true],
    ['a/*', 'a/b/c', false],
    ['a/*', 'a', false],
    ['a/**', 'a/b', true],
    ['a/**', 'a/b/c', true],
    ['a/**', 'a', false],
    ['**', 'a', true],
    ['**', 'a/b/c', true],
    ['*', 'a', true],
    // Patterns
    ['a/*', 'a/*', true],
    ['a/*', 'a/**', false],
    ['a/**', 'a/*', true],
    ['a/**', 'a/**', true],
    ['a/**', 'a/*/**', true],
    ['a/*/**', 'a/**', false],
    ['a/b', 'a/*', false],
    ['*', '**', false],
    ['*/*', '*/**', false],
    ['**', '**', true],
    ['**', '*', true],
    ['*/b', 'a/*', false],
    // What is no pattern allows nothing
    ['a/**/c', 'a/b/c', false],
    ['a*', 'ab', false],
    ['', 'a', false],
    ['', '', false],
    ['a/', 'a/', false],
    ['A', 'a', false],
  ])('%s covers %s: %s', (pattern, name, expected) => {
    expect(covers(pattern, name)).toBe(expected);
  });
});

describe('isAllowed', () => {
  const rules = { subscribe: ['news/**', 'chat/*'], publish: ['chat/42'], presence: ['chat/*'] };

  test.each<[AccessAction, string, boolean]>([
    ['subscribe', 'news/a/b', true],
    ['subscribe', 'other', false],
    ['subscribe-pattern', 'news/*', true],
    ['subscribe-pattern', 'chat/*', true],
    ['subscribe-pattern', 'chat/**', false],
    ['subscribe-pattern', '**', false],
    ['publish', 'chat/42', true],
    ['publish', 'chat/43', false],
    ['publish', 'news/a', false],
    ['presence', 'chat/42', true],
    ['presence', 'news/a', false],
    ['history', 'news/a', true],
    ['history', 'other', false],
  ])('%s %s: %s', (action, topic, expected) => {
    expect(isAllowed(rules, action, topic)).toBe(expected);
  });

  test('history can be allowed by itself', () => {
    expect(isAllowed({ subscribe: ['a'], history: [] }, 'history', 'a')).toBe(false);
    expect(isAllowed({ history: ['a'] }, 'history', 'a')).toBe(true);
    expect(isAllowed({ history: ['a'] }, 'subscribe', 'a')).toBe(false);
  });

  test.each<AccessAction>(['subscribe', 'publish', 'presence', 'history'])('all and none: %s', (action) => {
    expect([isAllowed(allAccess, action, 'a/b'), isAllowed(noAccess, action, 'a/b')]).toEqual([true, false]);
  });
});

test.each([
  [{ subscribe: ['a'] }, { subscribe: ['a'] }],
  [{}, {}],
  [{ subscribe: 'a' }, null],
  [{ subscribe: [1] }, null],
  [{ read: ['a'] }, null],
  [JSON.parse('{"__proto__": ["a"]}'), null],
  [['a'], null],
  ['**', null],
  [null, null],
])('readAccessRules(%j)', (value, expected) => {
  expect(readAccessRules(value)).toEqual(expected);
});
