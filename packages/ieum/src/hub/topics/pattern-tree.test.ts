import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesPattern } from '../topic-name.js';
import { PatternTree } from './pattern-tree.js';

const level = fc.constantFrom('a', 'b', 'c');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const pattern = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('*')), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['**'] : [])].join('/'));

test('a topic finds the values of all patterns that stand for it, and of no others, each once', () => {
  fc.assert(
    fc.property(fc.array(pattern), fc.array(pattern), topic, (added, removed, wanted) => {
      const tree = new PatternTree<string>();
      for (const one of [...added, ...removed]) tree.add(one, one);
      for (const one of removed) tree.delete(one, one);
      const left = [...new Set(added)].filter((one) => !removed.includes(one));
      expect([...tree.matching(wanted)].sort()).toEqual(
        left.filter((one) => matchesPattern(one, wanted)).sort(),
      );
      expect(tree.size).toBe(left.length);
    }),
  );
});

test('what is not there is taken away without harm, and several values share a pattern', () => {
  const tree = new PatternTree<number>();
  tree.add('a/*', 1);
  tree.add('a/*', 2);
  tree.add('a/*', 2);
  tree.delete('a/b', 1);
  tree.delete('a/*', 3);
  expect([tree.size, tree.matching('a/b')]).toEqual([2, [1, 2]]);
  tree.delete('a/*', 1);
  expect([tree.size, tree.matching('a/b')]).toEqual([1, [2]]);
});
