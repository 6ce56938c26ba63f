import { describe, expect, test } from 'vitest';

import { detailHeight, payloadViews, showPayload } from './row-views.js';

describe('payloadViews', () => {
  test.each([
    ['{"a":1}', ['pretty', 'text', 'hex']],
    ['plain', ['text', 'hex']],
    [Uint8Array.of(0x68, 0x69), ['hex', 'text']],
    [Uint8Array.of(0xff, 0xfe), ['hex']],
    [Uint8Array.of(0x68, 0x00), ['hex']],
  ] as const)('of %j', (payload, views) => {
    expect(payloadViews(payload as string | Uint8Array<ArrayBuffer>)).toEqual(views);
  });
});

test('a long payload is cut, and says so', () => {
  const long = 'x'.repeat(1_000_000);
  const shown = showPayload(long, 'text');
  expect(shown.text.length).toBeLessThan(long.length);
  expect(shown.note).not.toBe('');
  expect(showPayload('short', 'text')).toEqual({ text: 'short', note: '' });
});

test('the expanded part grows with the payload up to a limit', () => {
  expect(detailHeight('one line')).toBeLessThan(detailHeight('line\n'.repeat(8)));
  expect(detailHeight('line\n'.repeat(100))).toBe(detailHeight('x'.repeat(100_000)));
});
