import { Buffer } from 'node:buffer';

import { describe, expect, it } from 'vitest';

import { responseDecoder } from './head-decoder.js';
import type { HeaderField } from './header-fields.js';
import { formatRefusal, refuse } from './refusal.js';

describe('formatRefusal', () => {
  it('is a whole response that closes the connection, with the reason as its body', () => {
    const refusal = refuse(403, 'not from \u00e9 there', [['X-Why', 'origin']]);
    const step = responseDecoder().receive(formatRefusal(refusal));
    if (step.type !== 'head') throw new Error(step.type);
    const body = Buffer.from(step.rest).toString('utf8');
    expect(step.head).toMatchObject({ status: 403, reason: 'Forbidden', version: '1.1' });
    expect(body).toBe('not from \u00e9 there\n');
    expect([...step.head.headers]).toEqual([
      ['X-Why', 'origin'],
      ['Connection', 'close'],
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', String(step.rest.length)],
    ]);
  });

  it('joins close to the Connection options that are there', () => {
    const text = (...headers: HeaderField[]) =>
      Buffer.from(formatRefusal(refuse(426, 'x', headers))).toString();
    expect(text(['connection', 'Upgrade'])).toContain('\r\nConnection: Upgrade, close\r\n');
    expect(text(['Connection', 'Upgrade, close'])).toContain('\r\nConnection: Upgrade, close\r\n');
    expect(text(['connection', 'Upgrade'])).not.toContain('connection:');
  });

  it.each([300, 418, 426, 503, 599])('can have status %d, known or not', (status) => {
    const step = responseDecoder().receive(formatRefusal(refuse(status, 'x')));
    expect(step).toMatchObject({ type: 'head', head: { status } });
  });

  it('has no body with a 304', () => {
    const step = responseDecoder().receive(formatRefusal(refuse(304, 'x')));
    if (step.type !== 'head') throw new Error(step.type);
    expect(step.rest.length).toBe(0);
    expect(step.head.headers.has('Content-Length')).toBe(false);
  });
});

describe('refuse', () => {
  it.each([101, 200, 299, 600, 400.5, Number.NaN])('throws on status %d', (status) => {
    expect(() => refuse(status, 'x')).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }));
  });

  it.each(['a\rb', 'a\nb', 'a\0b', undefined as unknown as string])('throws on the reason %j', (reason) => {
    expect(() => refuse(400, reason)).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }));
  });

  it.each<HeaderField>([
    ['A', 'b\r\nC: d'],
    ['A\r\n', 'b'],
    ['A', '\0'],
    ['Content-Length', '5'],
    ['content-type', 'text/html'],
    ['Transfer-Encoding', 'chunked'],
  ])('throws on the header %j: %j', (name, value) => {
    expect(() => refuse(400, 'x', [[name, value]])).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_HEADER' }),
    );
  });
});
