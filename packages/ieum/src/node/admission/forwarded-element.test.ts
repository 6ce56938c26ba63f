import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forwardedElements } from './forwarded-element.js';

const read = (...lines: string[]) =>
  [...forwardedElements(lines)].map((element) => element && Object.fromEntries(element));

test.each([
  ['for=192.0.2.1', [{ for: '192.0.2.1' }]],
  ['For="[2001:db8::1]:4711"', [{ for: '[2001:db8::1]:4711' }]],
  ['for=a;proto=http;by=b', [{ for: 'a', proto: 'http', by: 'b' }]],
  ['for=a, for=b', [{ for: 'b' }, { for: 'a' }]],
  ['for=a,for=b;host="x,y;z"', [{ for: 'b', host: 'x,y;z' }, { for: 'a' }]],
  [String.raw`ext="a\"b\\"`, [{ ext: 'a"b\\' }]],
  [String.raw`for=a, ext="\",\"", for=b`, [{ for: 'b' }, { ext: '","' }, { for: 'a' }]],
  ['for=a;;proto=http;', [{ for: 'a', proto: 'http' }]],
  ['for=a ; proto=http', [{ for: 'a', proto: 'http' }]],
  [' ,, for=a ,\t', [{ for: 'a' }]],
  [';', [{}]],
  ['ext=""', [{ ext: '' }]],
  ['', []],
])('the field %j is read from the right', (line, elements) => {
  expect(read(line)).toEqual(elements);
});

test('the last line comes first', () => {
  expect(read('for=a, for=b', 'for=c')).toEqual([{ for: 'c' }, { for: 'b' }, { for: 'a' }]);
});

test.each([
  'for',
  'for=',
  '=a',
  'for=a b',
  'for =a',
  'for=a; for=b',
  'for=a;FOR=b',
  'for=1.2.3.4:80',
  'for=[::1]',
  'for="a',
  'for=a"',
  String.raw`for="a\"`,
  'for="a"b',
  'for="a\u0000"',
  'for="\u20ac"',
])('the element %j ends the reading, after what stands right of it', (text) => {
  expect(read(`for=left, ${text}, for=right`)).toEqual([{ for: 'right' }, null]);
});

test('nothing that stands left of it changes how an appended element is read', () => {
  const client = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'",;=\\ a') }));
  const value = fc.string({ unit: fc.constantFrom(...'",;=\\ a') });
  fc.assert(
    fc.property(client, value, (prefix, text) => {
      const quoted = `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
      const [element] = read(`${prefix}, for=192.0.2.1;ext=${quoted}`);
      expect(element).toEqual({ for: '192.0.2.1', ext: text });
    }),
  );
});

test.each([
  ['commas', ','],
  ['semicolons', ';'],
  ['quotes', '"'],
  ['backslashes', '\\'],
  ['escaped quotes', '\\"'],
  ['spaces and letters', ' a'],
  ['spaces', ' '],
  ['parameters', 'a=b;'],
  ['elements', 'a=b,'],
  ['quoted elements', 'a="\\"",'],
])('a megabyte of %s is read in linear time', (_, unit) => {
  const line = `${'x'}${unit.repeat(2 ** 20 / unit.length)}`;
  const start = performance.now();
  for (const text of [line, `${line}"`, `a="${line}"`, `a=${line}x`, `${line}=`]) read(text);
  // One pass takes some tens of milliseconds, a quadratic one minutes.
  expect(performance.now() - start).toBeLessThan(5000);
});
