import fc from 'fast-check';
import { expect, test } from 'vitest';

import { seededRandom } from '../../testing/seeded-random.js';
import { parseSelector } from './index.js';

const headers = new Map([
  ['color', 'red'],
  ['price', '12.5'],
  ['count', '3'],
  ['isNew', 'true'],
  ['name', "O'Brien_50%"],
  ['content-type', 'text/plain'],
  ['empty', ''],
]);

function matches(text: string, of: ReadonlyMap<string, string> = headers): boolean | string {
  const selector = parseSelector(text);
  return selector.type === 'selector' ? selector.matches(of) : 'invalid';
}

test.each([
  ["color = 'red'", true],
  ["color <> 'red'", false],
  ["color = 'RED'", false],
  ['price > 12', true],
  ['12 < price AND price <= 12.5', true],
  ['price BETWEEN 12 AND 13', true],
  ['price NOT BETWEEN 12 AND 13', false],
  ['price * 2 = 25 and -price + 1 < 0', true],
  ['count / 0 = 1 OR count % 2 = 1', 'invalid'],
  ['count / 0 = 1', false],
  ['NOT (count / 0 = 1)', false],
  ['color > 5', false],
  ['NOT color > 5', false],
  ["count = '3' AND count = 3", true],
  ['isNew', true],
  ['isNew = TRUE AND NOT isNew = FALSE', true],
  ['color', false],
  ["color IN ('green', 'red')", true],
  ["color NOT IN ('green', 'red')", false],
  ["missing NOT IN ('a')", false],
  ['missing IS NULL', true],
  ['color IS NOT NULL AND empty IS NOT NULL', true],
  ["missing = 'a' OR color = 'red'", true],
  ["missing = 'a' AND color = 'red'", false],
  ["NOT missing = 'a'", false],
  ["name LIKE 'O''B%'", true],
  ["name LIKE '%50\\%' ESCAPE '\\'", true],
  ["name LIKE '_''Brien!_%' ESCAPE '!'", true],
  ["name NOT LIKE '%x%'", true],
  ["name LIKE 'O'", false],
  ["empty LIKE '%'", true],
  ['"content-type" = \'text/plain\'', true],
  ['1e1 = 10 and .5 = 0.5', true],
  ['TRUE OR FALSE AND FALSE', true],
  ['NOT NOT NOT FALSE', true],
])('%s is %s', (text, expected) => {
  expect(matches(text)).toBe(expected);
});

test.each([
  '',
  'color =',
  "color = 'red",
  'color == 1',
  "color = 'a' garbage",
  '(color IS NULL',
  "'a'",
  '1 + 1',
  'NOT 1',
  "color LIKE 'a' ESCAPE 'ab'",
  "color LIKE 'a!' ESCAPE '!'",
  'color IN ()',
  'color IN (1)',
  "'a' IS NULL",
  'price BETWEEN 1',
  '12abc = 1',
  '""=1',
  'T(java.lang.Runtime).getRuntime() = 1',
  "color MATCHES '(a+)+'",
  `${'('.repeat(33)}color IS NULL${')'.repeat(33)}`,
  `${'NOT '.repeat(33)}isNew`,
  `${'-'.repeat(33)}1 = 1`,
  `count${' + 1'.repeat(33)} = 1`,
  `color LIKE '${'a'.repeat(129)}'`,
  `color = '${'a'.repeat(1_024)}'`,
])('%s is no selector', (text) => {
  expect(matches(text)).toBe('invalid');
});

test('names that objects have are headers like others', () => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    expect(matches(`${name} IS NULL`)).toBe(true);
    expect(matches(`${name} = 'a'`, new Map([[name, 'a']]))).toBe(true);
  }
});

test('a pattern is what its parts say', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_'), maxLength: 10 });
  const values = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(letters, values, (pattern, value) => {
      const source = [...pattern].map((part) => ({ '%': '.*', _: '.' })[part] ?? part).join('');
      const expected = new RegExp(`^${source}$`).test(value);
      expect(matches(`v LIKE '${pattern}'`, new Map([['v', value]]))).toBe(expected);
    }),
  );
});

test.each([
  ["v LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%b'", 'a'.repeat(4_096)],
  [`v LIKE '${'%_'.repeat(63)}b'`, 'a'.repeat(4_096)],
  ['v = 1', '1'.repeat(4_000)],
  [`${'('.repeat(30)}v BETWEEN 1 AND 2${') BETWEEN 1 AND 2'.repeat(30)}`, '1'],
])('%s takes no time that grows without bound', (text, value) => {
  const selector = parseSelector(text);
  const started = performance.now();
  expect(selector.type === 'selector' && selector.matches(new Map([['v', value]]))).toBe(false);
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('whatever is given is a selector or none, and a selector has an answer', () => {
  const random = seededRandom(41);
  const words =
    "color price 'red' 12 ( ) , = <> <= + - * / AND OR NOT BETWEEN IN LIKE ESCAPE IS NULL TRUE FALSE ' \" é".split(
      ' ',
    );
  let read = 0;
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: 1 + random.below(9) }, () => words[random.below(words.length)]).join(
      ' ',
    );
    const outcome = matches(text);
    expect([true, false, 'invalid']).toContain(outcome);
    if (outcome !== 'invalid') read++;
  }
  expect(read).toBeGreaterThan(100);
});
