import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  decodeBody,
  decodeText,
  encodeClose,
  encodeMessages,
  formatOf,
  isCallback,
  parsePlace,
  quoteMessage,
  type ReceivingTransport,
} from './index.js';

/** Any sequence of UTF-16 units, halves of pairs included. */
const anyString = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));
const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('messages of a server', () => {
  test.each([
    [0x00, 0x1f],
    [0x200c, 0x200f],
    [0x2028, 0x202f],
    [0x2060, 0x206f],
    [0xd800, 0xdfff],
    [0xfff0, 0xffff],
  ])('are escaped from U+%s to U+%s', (first, last) => {
    for (let unit = first; unit <= last; unit++) {
      const quoted = quoteMessage(String.fromCharCode(unit));
      expect(quoted).toMatch(/^"\\(u[0-9a-f]{4}|[bfnrt])"$/);
      expect(JSON.parse(quoted)).toBe(String.fromCharCode(unit));
    }
  });

  test('have pairs of surrogates escaped by halves', () => {
    expect(quoteMessage('😀')).toBe('"\\ud83d\\ude00"');
  });

  test('have nothing else escaped that JSON does not', () => {
    expect(quoteMessage('"\\/ é 이음 \u200b\u2027\u2030 <b>')).toBe(
      '"\\"\\\\/ é 이음 \u200b\u2027\u2030 <b>"',
    );
  });

  test('are the same after the way through JSON, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(anyString), (messages) => {
        const frame = encodeMessages(messages.map(quoteMessage));
        expect(frame[0]).toBe('a');
        expect(JSON.parse(frame.slice(1))).toEqual(messages);
        expect(frame).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  test('of the end have a code and a reason', () => {
    expect(encodeClose(3000, 'Go away!')).toBe('c[3000,"Go away!"]');
    expect(encodeClose(1002, '"\u2028')).toBe('c[1002,"\\"\\u2028"]');
  });
});

describe('messages of a client', () => {
  test.each<[text: string, messages: readonly string[] | string]>([
    ['["a"]', ['a']],
    ['["a","b"]', ['a', 'b']],
    [' [ "a" ] ', ['a']],
    ['[]', []],
    ['["\\ud800"]', ['\ud800']],
    ['', 'empty'],
    ['["a', 'broken'],
    ['a', 'broken'],
    ['["a"] ["b"]', 'broken'],
    ['{}', 'unexpected'],
    ['null', 'unexpected'],
    ['1', 'unexpected'],
    ['[1]', 'unexpected'],
    ['["a",null]', 'unexpected'],
    ['[["a"]]', 'unexpected'],
    ['{"0":"a","length":1}', 'unexpected'],
    ['{"__proto__":["a"]}', 'unexpected'],
  ])('%j are the same over WebSocket and over HTTP', (text, expected) => {
    const outcome =
      typeof expected === 'string' ? { type: expected } : { type: 'messages', messages: expected };
    expect(decodeText(text)).toEqual(outcome);
    for (const contentType of [undefined, '', 'T', 'text/plain', 'application/json; charset=utf-8']) {
      expect(decodeBody(bytesOf(text), contentType)).toEqual(outcome);
    }
    const form = new URLSearchParams({ d: text }).toString();
    expect(decodeBody(bytesOf(form), 'Application/X-WWW-form-urlencoded; charset=UTF-8')).toEqual(outcome);
  });

  test('are one string over WebSocket alone', () => {
    expect(decodeText('"a"')).toEqual({ type: 'messages', messages: ['a'] });
    expect(decodeBody(bytesOf('"a"'), undefined)).toEqual({ type: 'unexpected' });
  });

  test.each(['p=p', 'd=', '', 'D=%5B%5D'])('are none in the form %j', (form) => {
    expect(decodeBody(bytesOf(form), 'application/x-www-form-urlencoded')).toEqual({ type: 'empty' });
  });

  test('are none when they are no UTF-8', () => {
    expect(decodeBody(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d), undefined)).toEqual({ type: 'broken' });
  });

  test('never throw, whatever they are', () => {
    const soup = fc.string({
      unit: fc.constantFrom('[', ']', '"', ',', '\\', 'u', '{', ':', 'd', '=', '%', '5', '\0'),
    });
    fc.assert(
      fc.property(fc.oneof(soup, anyString), fc.uint8Array(), fc.string(), (text, bytes, contentType) => {
        for (const decoded of [
          decodeText(text),
          decodeBody(bytesOf(text), contentType),
          decodeBody(bytes, contentType),
        ]) {
          if (decoded.type === 'messages')
            expect(decoded.messages.every((m) => typeof m === 'string')).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(decodeText('['.repeat(1_000_000)).type).toBe('broken');
  });
});

describe('paths', () => {
  test.each<[string, unknown]>([
    ['', { type: 'greeting' }],
    ['/', { type: 'greeting' }],
    ['/info', { type: 'info' }],
    ['/info/', { type: 'info' }],
    ['/websocket', { type: 'raw-websocket' }],
    ['/iframe.html', { type: 'iframe' }],
    ['/iframe-.html', { type: 'iframe' }],
    ['/iframe-0.1.2abc-dirty.2144.html', { type: 'iframe' }],
    ['/a/b/xhr', { type: 'session', session: 'b', transport: 'xhr' }],
    ['/a/b/xhr/', { type: 'session', session: 'b', transport: 'xhr' }],
    ['/_/_/xhr_send', { type: 'session', session: '_', transport: 'xhr_send' }],
    ['/h_i-j%20/a_i-j%20/websocket', { type: 'session', session: 'a_i-j%20', transport: 'websocket' }],
    [`/a/${'b'.repeat(255)}/jsonp`, { type: 'session', session: 'b'.repeat(255), transport: 'jsonp' }],
  ])('%j is a place', (tail, place) => {
    expect(parsePlace(tail)).toEqual(place);
  });

  test.each([
    ...['//', '///', '/a', '/a.html', '/a/a', '/a/a/', '/a/', 'a', '/info//', '/Info'],
    ...['/iframe.htm', '/iframe', '/IFRAME.HTML', '/iframe.HTML', '/iframe.xml', '/iframe-/.html'],
    ...['///xhr', '/a./a/xhr', '/a/a./xhr', '/./././xhr', '/xhr', '//xhr', '/a//xhr', '/a/b/c/xhr'],
    ...['/a/b/XHR', '/a/b/constructor', '/a/b/__proto__', '/a/b/', `/a/${'b'.repeat(256)}/xhr`],
  ])('%j is none', (tail) => {
    expect(parsePlace(tail)).toBeNull();
  });
});

describe('formats', () => {
  const transports: ReceivingTransport[] = ['xhr', 'xhr_streaming', 'eventsource', 'htmlfile', 'jsonp'];

  test.each<[ReceivingTransport, string]>([
    ['xhr', 'a["x"]\n'],
    ['xhr_streaming', 'a["x"]\n'],
    ['eventsource', 'data: a["x"]\r\n\r\n'],
    ['htmlfile', '<script>\np("a[\\"x\\"]");\n</script>\r\n'],
    ['jsonp', 'f.n("a[\\"x\\"]");\r\n'],
  ])('of %s write a frame as %j', (transport, written) => {
    expect(formatOf(transport, 'f.n').encode('a["x"]')).toBe(written);
  });

  test('begin a response with what browsers need', () => {
    expect(formatOf('xhr_streaming').prelude).toBe(`${'h'.repeat(2048)}\n`);
    expect(formatOf('eventsource').prelude).toBe('\r\n');
    expect(formatOf('htmlfile', 'cb').prelude).toMatch(
      /^<!doctype html>\n[\s\S]*var c = parent\.cb;\n[\s\S]* {100}\r\n\r\n$/,
    );
    expect(formatOf('htmlfile', 'cb').prelude.length).toBeGreaterThan(2048);
    expect([formatOf('xhr').prelude, formatOf('jsonp', 'cb').prelude]).toEqual(['', '']);
  });

  test('never let a message end a script, a line or an event', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        '</script>',
        '<!--',
        '<script',
        '\n',
        '\r',
        '\u2028',
        '"',
        '\\',
        "'",
        ')',
        ';',
        '\0',
      ),
    });
    fc.assert(
      fc.property(fc.oneof(hostile, anyString), (message) => {
        const frame = encodeMessages([quoteMessage(message)]);
        for (const transport of transports) {
          const written = formatOf(transport, 'cb').encode(frame);
          const inner = innerOf(transport, written);
          expect(inner).not.toMatch(/[\n\r\u2028\u2029]/);
          const isScript = transport === 'htmlfile' || transport === 'jsonp';
          if (isScript) expect(inner).not.toContain('<');
          expect(isScript ? JSON.parse(inner) : inner).toBe(frame);
        }
      }),
    );
  });

  function innerOf(transport: ReceivingTransport, written: string): string {
    switch (transport) {
      case 'htmlfile':
        return written.slice('<script>\np('.length, -');\n</script>\r\n'.length);
      case 'jsonp':
        return written.slice('cb('.length, -');\r\n'.length);
      case 'eventsource':
        return written.slice('data: '.length, -'\r\n\r\n'.length);
      default:
        return written.slice(0, -1);
    }
  }
});

describe('a callback (CVE-2020-8823)', () => {
  test.each(['callback', '_jp.a1b2c3', 'a-b', 'A.b_C-9', 'x'.repeat(128)])('may be %j', (name) => {
    expect(isCallback(name)).toBe(true);
  });

  test.each([
    '',
    ' ',
    '*',
    'abc(',
    'abc%28',
    'a;b',
    '</script>',
    'a\n',
    'a\u2028',
    'é',
    'a[0]',
    'x'.repeat(129),
  ])('may not be %j', (name) => {
    expect(isCallback(name)).toBe(false);
  });
});
