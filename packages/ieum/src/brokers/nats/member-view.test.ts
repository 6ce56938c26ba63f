import { expect, test } from 'vitest';

import { MemberView } from './member-view.js';

test('changes that follow one another are told', () => {
  const view = new MemberView();
  expect(view.apply({ n: 'n', p: 0, v: 3, c: [['a', 1], 'b'] })).toEqual([
    { type: 'present', user: 'a', info: 1 },
    { type: 'absent', user: 'b' },
  ]);
  expect(view.apply({ n: 'n', p: 3, v: 7, c: ['a'] })).toEqual([{ type: 'absent', user: 'a' }]);
  expect(view.list()).toEqual([]);
});

test('a change behind one that is missing is not applied', () => {
  const view = new MemberView();
  view.apply({ n: 'n', p: 0, v: 1, c: [['a', 1]] });
  expect(view.apply({ n: 'n', p: 2, v: 3, c: ['a'] })).toBeNull();
  expect(view.list()).toEqual([{ node: 'n', user: 'a', info: 1 }]);
});

test('what an answer held already is told no more', () => {
  const view = new MemberView();
  view.replace('n', 5, [['a', 2]]);
  expect(view.apply({ n: 'n', p: 4, v: 5, c: [['a', 1]] })).toEqual([]);
  expect(view.apply({ n: 'n', p: 5, v: 6, c: [['b', 1]] })).toHaveLength(1);
});

test('an answer says whether it brought anything new', () => {
  const view = new MemberView();
  expect(view.replace('n', 1, [])).toBe(false);
  expect(view.replace('n', 2, [['a', { x: 1 }]])).toBe(true);
  expect(view.replace('n', 2, [['a', { x: 1 }]])).toBe(false);
  expect(view.replace('n', 1, [])).toBe(false);
  expect(view.replace('n', 3, [['a', { x: 2 }]])).toBe(true);
  expect(view.replace('n', 4, [['b', { x: 2 }]])).toBe(true);
});

test('a node that is gone takes its members along', () => {
  const view = new MemberView();
  view.replace('n', 1, [['a', 1]]);
  view.replace('m', 1, [['a', 2]]);
  view.replace('empty', 1, []);
  expect([view.forget('n'), view.forget('n'), view.forget('empty')]).toEqual([true, false, false]);
  expect(view.list()).toEqual([{ node: 'm', user: 'a', info: 2 }]);
});
