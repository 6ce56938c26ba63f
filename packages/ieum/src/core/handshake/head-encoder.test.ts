import { describe, expect, it } from 'vitest';

import { checkFields, encodeHead, isHandshakeField } from './head-encoder.js';

describe('encodeHead', () => {
  it('ends every line, and the head with an empty one', () => {
    expect(encodeHead('GET / HTTP/1.1', [['A', 'b']])).toBe('GET / HTTP/1.1\r\nA: b\r\n\r\n');
  });
});

describe('checkFields', () => {
  it('passes on what is right', () => {
    const fields = [['X-A', 'b c\t\u00e9']] as const;
    expect(checkFields(new Map(fields), isHandshakeField)).toEqual(fields);
  });

  it.each<[string, unknown, unknown]>([
    ['CR in a value', 'A', 'b\rc'],
    ['LF in a value', 'A', 'b\nc'],
    ['NUL in a value', 'A', 'b\0c'],
    ['a character that is no byte', 'A', '\u20ac'],
    ['a value that is no string', 'A', undefined],
    ['CR LF in a name', 'A\r\nB', 'c'],
    ['an empty name', '', 'c'],
    ['a colon in a name', 'A:', 'c'],
    ['a name that is no string', 7, 'c'],
    ['a name of the handshake', 'uPGRADE', 'c'],
    ['another name of the handshake', 'Sec-WebSocket-Anything', 'c'],
  ])('throws on %s', (_, name, value) => {
    const fields = [[name, value]] as unknown as [string, string][];
    expect(() => checkFields(fields, isHandshakeField)).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_HEADER' }),
    );
  });
});
