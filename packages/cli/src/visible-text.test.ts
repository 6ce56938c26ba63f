import { describe, expect, test } from 'vitest';

import { visible, visibleJson } from './visible-text.js';

describe('text of a peer', () => {
  test.each([
    ['an escape sequence', '\u001b[2J', '\\x1b[2J'],
    ['a title', '\u001b]0;mine\u0007', '\\x1b]0;mine\\x07'],
    ['a C1 control', '\u009b31m', '\\x9b31m'],
    ['a carriage return', 'safe\rforged', 'safe\\rforged'],
    ['a line feed', 'one\ntwo', 'one\\ntwo'],
    ['a backspace and DEL', 'a\b\u007f', 'a\\x08\\x7f'],
    ['an override of direction', '\u202etxt.exe', '\\u202etxt.exe'],
    ['a line separator', '\u2028', '\\u2028'],
  ])('%s is written out', (_name, text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  test('what is not dangerous stays: tabs, other scripts, emoji', () => {
    expect(visible('a\tb 이음 é 😀')).toBe('a\tb 이음 é 😀');
  });

  test('no byte that a terminal acts on is left, whatever comes', () => {
    const everything = String.fromCharCode(...Array.from({ length: 0x300 }, (_, code) => code));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
    expect(visible(everything)).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
  });

  test('JSON is the same value, without controls', () => {
    const value = { data: 'a\u001b\u009b\u007f\u202e\n' };
    const json = visibleJson(value);
    expect(JSON.parse(json)).toEqual(value);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
    expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});
