import { Buffer } from 'node:buffer';

import { describe, expect, it } from 'vitest';

import { type HeadLimits, type HeadStep, requestDecoder, responseDecoder } from './head-decoder.js';
import type { RequestLine, StatusLine } from './start-line.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const decodeRequest = (text: string, limits?: HeadLimits): HeadStep<RequestLine> =>
  requestDecoder(limits).receive(bytes(text));
const decodeResponse = (text: string): HeadStep<StatusLine> => responseDecoder().receive(bytes(text));
const verdict = (step: HeadStep<unknown>): number | string =>
  step.type === 'invalid' ? step.status : step.type;

const request = 'GET /chat?a=1 HTTP/1.1\r\nHost: a.example\r\nX-Empty:\r\nX-Wide:\t \xe9 b \t\r\n\r\n';

describe('a request head', () => {
  it('is taken apart, with what follows it as rest', () => {
    const step = decodeRequest(`${request}\x81\x00`);
    if (step.type !== 'head') throw new Error(step.type);
    expect(step.head).toMatchObject({ method: 'GET', target: '/chat?a=1', version: '1.1' });
    expect([...step.head.headers]).toEqual([
      ['Host', 'a.example'],
      ['X-Empty', ''],
      ['X-Wide', '\xe9 b'],
    ]);
    expect([...step.rest]).toEqual([0x81, 0]);
  });

  it('is the same however it is cut', () => {
    for (let cut = 0; cut <= request.length; cut++) {
      const decoder = requestDecoder();
      const first = decoder.receive(bytes(request.slice(0, cut)));
      const last = first.type === 'incomplete' ? decoder.receive(bytes(`${request.slice(cut)}rest`)) : first;
      if (last.type !== 'head') throw new Error(`cut at ${cut}: ${last.type}`);
      expect(last.head.headers.get('X-Wide')).toBe('\xe9 b');
      expect(Buffer.from(last.rest).toString()).toBe(cut === request.length ? '' : 'rest');
    }
  });

  it('may follow one empty line (RFC 9112 §2.2)', () => {
    expect(verdict(decodeRequest(`\r\n${request}`))).toBe('head');
    expect(verdict(decodeRequest(`\r\n\r\n${request}`))).toBe(400);
  });

  it('may have no fields', () => {
    expect(verdict(decodeRequest('GET / HTTP/1.1\r\n\r\n'))).toBe('head');
  });

  it.each<[string, string, number]>([
    ['a bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400],
    ['a bare LF after a field', 'GET / HTTP/1.1\r\nHost: a\n\r\n', 400],
    ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n', 400],
    ['two CRs', 'GET / HTTP/1.1\r\r\n\r\n', 400],
    ['a NUL in a value', 'GET / HTTP/1.1\r\nHost: a\0\r\n\r\n', 400],
    ['a DEL in a value', 'GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n', 400],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', 400],
    ['a folded line with a colon', 'GET / HTTP/1.1\r\nHost: a\r\n\tb: c\r\n\r\n', 400],
    ['whitespace before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400],
    ['whitespace before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['no colon', 'GET / HTTP/1.1\r\nHost\r\n\r\n', 400],
    ['no name', 'GET / HTTP/1.1\r\n: a\r\n\r\n', 400],
    ['a name that is no token', 'GET / HTTP/1.1\r\nHo(st: a\r\n\r\n', 400],
    ['two spaces in the request line', 'GET  / HTTP/1.1\r\n\r\n', 400],
    ['a tab in the request line', 'GET\t/ HTTP/1.1\r\n\r\n', 400],
    ['a space at the end of the request line', 'GET / HTTP/1.1 \r\n\r\n', 400],
    ['a space in the target', 'GET /a b HTTP/1.1\r\n\r\n', 400],
    ['a byte above 7F in the target', 'GET /\xe9 HTTP/1.1\r\n\r\n', 400],
    ['an empty target', 'GET  HTTP/1.1\r\n\r\n', 400],
    ['a method that is no token', 'G@T / HTTP/1.1\r\n\r\n', 400],
    ['a request of HTTP/0.9', 'GET /\r\n\r\n', 400],
    ['a lower-case protocol name', 'GET / http/1.1\r\n\r\n', 400],
    ['a version with more digits', 'GET / HTTP/1.10\r\n\r\n', 400],
    ['the version HTTP/2.0', 'GET / HTTP/2.0\r\n\r\n', 505],
    ['a TLS record', '\x16\x03\x01\x02\x00', 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ])('with %s is invalid', (_, text, status) => {
    expect(verdict(decodeRequest(text))).toBe(status);
    const decoder = requestDecoder();
    let step: HeadStep<RequestLine> = { type: 'incomplete' };
    for (const byte of bytes(text)) step = decoder.receive(Uint8Array.of(byte));
    expect(verdict(step)).toBe(status);
  });

  it('that was invalid stays so', () => {
    const decoder = requestDecoder();
    decoder.receive(bytes('\0'));
    expect(verdict(decoder.receive(bytes(request)))).toBe(400);
  });

  it('that is complete takes no more bytes', () => {
    const decoder = requestDecoder();
    decoder.receive(bytes(request));
    expect(() => decoder.receive(bytes('x'))).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_STATE' }),
    );
  });
});

describe('the limits of a head', () => {
  it('count every byte, the empty line included', () => {
    expect(verdict(decodeRequest(request, { maxHeaderBytes: request.length }))).toBe('head');
    expect(verdict(decodeRequest(request, { maxHeaderBytes: request.length - 1 }))).toBe(431);
  });

  it('are 16 KiB and 128 fields unless told otherwise', () => {
    const filled = (length: number) => `GET / HTTP/1.1\r\nA: ${'x'.repeat(length - 23)}\r\n\r\n`;
    expect(verdict(decodeRequest(filled(16_384)))).toBe('head');
    expect(verdict(decodeRequest(filled(16_385)))).toBe(431);
    expect(verdict(decodeRequest(`GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(128)}\r\n`))).toBe('head');
    expect(verdict(decodeRequest(`GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(129)}\r\n`))).toBe(431);
  });

  it('do not count what follows the head', () => {
    expect(verdict(decodeRequest(request + 'x'.repeat(100_000), { maxHeaderBytes: request.length }))).toBe(
      'head',
    );
  });

  it('answer 414 when the request line alone exceeds them', () => {
    expect(verdict(decodeRequest(`GET /${'a'.repeat(20_000)}`))).toBe(414);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot be %d', (limit) => {
    expect(() => requestDecoder({ maxHeaderBytes: limit })).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
    );
    expect(() => requestDecoder({ maxHeaders: limit })).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
    );
  });

  it('make a megabyte that comes byte by byte a matter of milliseconds', () => {
    const decoder = requestDecoder({ maxHeaderBytes: 2 ** 20 + 100 });
    decoder.receive(bytes('GET / HTTP/1.1\r\nA: '));
    const one = Uint8Array.of(0x61);
    const before = performance.now();
    for (let i = 0; i < 2 ** 20; i++) decoder.receive(one);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(verdict(decoder.receive(bytes('\r\n\r\n')))).toBe('head');
  });
});

describe('a response head', () => {
  it('is taken apart', () => {
    const step = decodeResponse('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81');
    if (step.type !== 'head') throw new Error(step.type);
    expect(step.head).toMatchObject({ version: '1.1', status: 101, reason: 'Switching Protocols' });
    expect(step.head.headers.get('upgrade')).toBe('websocket');
    expect([...step.rest]).toEqual([0x81]);
  });

  it.each<[string, string | number]>([
    ['HTTP/1.1 101 ', 'head'],
    ['HTTP/1.1 101', 'head'],
    ['HTTP/1.0 200 OK', 'head'],
    ['HTTP/1.1 404 Not\tFound \xe9', 'head'],
    ['HTTP/1.1 999 x', 'head'],
    ['', 400],
    ['HTTP/1.1', 400],
    ['HTTP/1.1 ', 400],
    ['HTTP/1.1 10', 400],
    ['HTTP/1.1 1010', 400],
    ['HTTP/1.1 099 x', 400],
    ['HTTP/1.1  101 x', 400],
    ['HTTP/1.1\t101 x', 400],
    ['HTTP/1.1 +10 x', 400],
    ['http/1.1 101 x', 400],
    ['HTTP/11 101 x', 400],
    ['ICY 200 OK', 400],
    ['\r\nHTTP/1.1 101 x', 400],
    ['HTTP/2.0 101 x', 505],
  ])('that starts with "%s": %s', (line, expected) => {
    expect(verdict(decodeResponse(`${line}\r\n\r\n`))).toBe(expected);
  });
});
