import { describe, expect, it } from 'vitest';

import { type ExtensionOffer, formatExtensionList, parseExtensionList } from './extension-list.js';

const extension = (name: string, ...params: ExtensionOffer['params']): ExtensionOffer => ({ name, params });

describe('parseExtensionList', () => {
  it.each<[string[], ExtensionOffer[]]>([
    [[], []],
    [['foo'], [extension('foo')]],
    [['foo, bar; baz=2'], [extension('foo'), extension('bar', ['baz', '2'])]],
    [
      ['foo', 'bar; baz=2'],
      [extension('foo'), extension('bar', ['baz', '2'])],
    ],
    [['foo,', ' ,'], [extension('foo')]],
    [['deflate-stream'], [extension('deflate-stream')]],
    [
      ['mux; max-channels=4; flow-control'],
      [extension('mux', ['max-channels', '4'], ['flow-control', true])],
    ],
    [['private'], [extension('private')]],
    [['a;b="c"'], [extension('a', ['b', 'c'])]],
    [['a;b="\\c\\d"'], [extension('a', ['b', 'cd'])]],
    [['a ; b = c ; d = "e"'], [extension('a', ['b', 'c'], ['d', 'e'])]],
    [['a;b;b=1;b=2'], [extension('a', ['b', true], ['b', '1'], ['b', '2'])]],
    [['a, a'], [extension('a'), extension('a')]],
    [['Foo;Bar=BAZ'], [extension('Foo', ['Bar', 'BAZ'])]],
    [
      ['__proto__; constructor=toString, constructor; __proto__'],
      [extension('__proto__', ['constructor', 'toString']), extension('constructor', ['__proto__', true])],
    ],
  ])('reads %j', (values, offers) => expect(parseExtensionList(values)).toEqual(offers));

  it.each([
    '',
    ' ',
    ',',
    ';',
    'a;',
    'a;;b',
    ';a',
    'a;=b',
    'a;b=',
    'a;b=""',
    'a;b="c',
    'a;b=c"',
    'a;b="c"d',
    'a;b="c d"',
    'a;b="c,d"',
    'a;b="c;d"',
    'a;b="c=d"',
    'a;b="c\\"',
    'a;b="\\"',
    'a;b="\\"c"',
    'a;b="\\\\"',
    'a;b="',
    "a;b='c d'",
    'a;b=c=d',
    'a;b c',
    'a b',
    'a=b',
    '"a"',
    'a;"b"',
    'a;b=\u00e9',
    'a\u00a0',
    'foo, a b',
  ])('finds %j malformed', (value) => {
    expect(parseExtensionList([value])).toBeNull();
  });

  it('finds a list malformed when one of its lines is', () => {
    expect(parseExtensionList(['foo', 'a b'])).toBeNull();
  });
});

describe('formatExtensionList', () => {
  it('writes what parseExtensionList reads', () => {
    const offers = [extension('a', ['b', '1'], ['c', true]), extension('a')];
    expect(formatExtensionList(offers)).toBe('a; b=1; c, a');
    expect(parseExtensionList([formatExtensionList(offers)])).toEqual(offers);
  });

  it.each<[string, ExtensionOffer[]]>([
    ['no extension', []],
    ['an empty name', [extension('')]],
    ['a name with a line break', [extension('a\r\nb')]],
    ['a parameter that is no token', [extension('a', ['b c', true])]],
    ['a value that is no token', [extension('a', ['b', 'c d'])]],
    ['an empty value', [extension('a', ['b', ''])]],
    ['a value that is a number', [extension('a', ['b', 15 as unknown as string])]],
  ])('throws on %s', (_, offers) => {
    expect(() => formatExtensionList(offers)).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_EXTENSION' }),
    );
  });
});
