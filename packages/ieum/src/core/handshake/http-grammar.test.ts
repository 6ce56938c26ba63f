import { describe, expect, it } from 'vitest';

import { parseExtensionList } from './extension-list.js';
import { hasToken, isFieldValue, isHost, isToken, parseTokenList, trimWhitespace } from './http-grammar.js';
import { isSameOrigin } from './origin.js';
import { parseSubprotocols } from './subprotocols.js';

/** The characters of RFC 9110 §5.6.2, written out. */
const tchar = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

describe('isToken', () => {
  it('accepts exactly the token characters of RFC 9110 §5.6.2', () => {
    for (let code = 0; code < 0x200; code++) {
      const character = String.fromCharCode(code);
      expect(isToken(`a${character}`), `code ${code}`).toBe(tchar.includes(character));
    }
  });

  it('needs a character, and no line break after it', () => {
    expect(isToken('')).toBe(false);
    expect(isToken('a\n')).toBe(false);
  });
});

describe('isFieldValue', () => {
  it('forbids control characters but the tab, and what is no byte (RFC 9110 §5.5)', () => {
    for (let code = 0; code < 0x200; code++) {
      const allowed = code === 9 || (code >= 0x20 && code !== 0x7f && code <= 0xff);
      expect(isFieldValue(`a${String.fromCharCode(code)}b`), `code ${code}`).toBe(allowed);
    }
    expect(isFieldValue('')).toBe(true);
  });
});

describe('isHost', () => {
  it.each([
    'a',
    'a.example',
    'A_b-c.example:80',
    'a:',
    '127.0.0.1:8080',
    '[::1]',
    '[::1]:443',
    '%C3%A9.example',
  ])('accepts %s', (host) => expect(isHost(host)).toBe(true));

  it.each([
    '',
    ':80',
    'a b',
    'a/b',
    'u@a',
    'a:b',
    'a:80:80',
    '[::1',
    '::1',
    '[x]',
    'a,b',
    'a, b',
    '%zz',
    'é',
    'a?',
    'a#',
  ])('rejects "%s"', (host) => expect(isHost(host)).toBe(false));
});

describe('parseTokenList', () => {
  it.each<[string[], string[] | null]>([
    [[], []],
    [[''], []],
    [['a'], ['a']],
    [
      ['a,b', 'c'],
      ['a', 'b', 'c'],
    ],
    [[' a ,\tb\t'], ['a', 'b']],
    [
      [',,a, ,b,', ','],
      ['a', 'b'],
    ],
    [['a b'], null],
    [['a', '"b"'], null],
    [['a;q=1'], null],
    [['a/1'], null],
    [['a\u00a0'], null],
  ])('reads %j as %j', (values, tokens) => expect(parseTokenList(values)).toEqual(tokens));
});

describe('hasToken', () => {
  it.each<[string[], boolean]>([
    [['Upgrade'], true],
    [['keep-alive, uPGRADE'], true],
    [['keep-alive', 'upgrade'], true],
    [[' , upgrade ,'], true],
    [['HTTP/2.0, upgrade'], true],
    [[], false],
    [[''], false],
    [['upgraded'], false],
    [['upgrade/1'], false],
    [['x upgrade'], false],
    [['"x, upgrade, y"'], false],
    [['upgrade, a b'], false],
    [['upgrade', '\u0000'], false],
  ])('in %j: %j', (values, found) => expect(hasToken(values, 'Upgrade')).toBe(found));
});

describe('trimWhitespace', () => {
  it('takes off spaces and tabs only', () => {
    expect(trimWhitespace(' \t a b\t ')).toBe('a b');
    expect(trimWhitespace('\u00a0a\n')).toBe('\u00a0a\n');
    expect(trimWhitespace(' \t ')).toBe('');
  });
});

describe('64 KiB of anything is read in linear time', () => {
  const parsers: Record<string, (text: string) => unknown> = {
    isToken,
    isFieldValue,
    isHost,
    trimWhitespace,
    tokenList: (text) => parseTokenList([text]),
    hasToken: (text) => hasToken([text], 'upgrade'),
    subprotocols: (text) => parseSubprotocols([text]),
    extensions: (text) => parseExtensionList([text]),
    origin: (text) => isSameOrigin(`http://${text}`, 'a', false),
  };
  const fills = [
    ' ',
    '\t',
    '"',
    ',',
    ';',
    '=',
    '\\',
    'a',
    '%41',
    ' ,',
    'a ',
    'a=" ',
    ';a="\\',
    'a, ',
    '/a',
    '[:',
    '1:',
  ];

  it.each(Object.entries(parsers))('%s', (_, parse) => {
    for (const fill of fills) {
      for (const prefix of ['', 'a; b="', '[']) {
        const text = `${prefix}${fill.repeat(65_536 / fill.length)}\u0000`;
        // A pause of the machine is not the parser's doing: one run in time is proof enough.
        let fastestMs = Number.POSITIVE_INFINITY;
        for (let run = 0; run < 20 && fastestMs >= 5; run++) {
          const before = performance.now();
          parse(text);
          fastestMs = Math.min(fastestMs, performance.now() - before);
        }
        expect(fastestMs, `${prefix}${fill}…`).toBeLessThan(5);
      }
    }
  });
});
