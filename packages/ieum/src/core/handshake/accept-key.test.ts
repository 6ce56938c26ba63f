import { Buffer } from 'node:buffer';

import { describe, expect, it } from 'vitest';

import { acceptFor, createKey, isKey } from './accept-key.js';

describe('createKey', () => {
  it('writes 16 bytes in base64 (RFC 6455 §4.1, erratum 3150)', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
    expect(createKey(bytes)).toBe('AQIDBAUGBwgJCgsMDQ4PEA==');
    expect(createKey(Buffer.from('the sample nonce'))).toBe('dGhlIHNhbXBsZSBub25jZQ==');
  });

  it('reads only the view it was given', () => {
    expect(createKey(new Uint8Array(32).fill(255).subarray(8, 24))).toBe(`${'/'.repeat(21)}w==`);
  });

  it.each([0, 15, 17])('throws on %d bytes', (length) => {
    expect(() => createKey(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
    );
  });
});

describe('isKey', () => {
  it('accepts a last digit without stray bits, and no other (erratum 3150)', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const accepted = [...digits].filter((digit) => isKey(`${'a'.repeat(21)}${digit}==`));
    expect(accepted.join('')).toBe('AQgw');
  });

  it.each([
    '',
    'AQIDBAUGBwgJCgsMDQ4PEC==',
    'AQIDBAUGBwgJCgsMDQ4PEA=',
    'AQIDBAUGBwgJCgsMDQ4PEA',
    'AQIDBAUGBwgJCgsMDQ4PEA===',
    'AQIDBAUGBwgJCgsMDQ4P',
    'AQIDBAUGBwgJCgsMDQ4PEBES',
    'AQIDBAUGBwgJCgsMDQ4PEBESEw==',
    'AQIDBAUGBwgJCgsMDQ4-EA==',
    'AQIDBAUGBwgJCgsMDQ4_EA==',
    ' QIDBAUGBwgJCgsMDQ4PEA==',
    'AQIDBAUGBwgJCgsMDQ4PEA==\n',
    'AQIDBAUGBwgJCgsMDQ4PEA==, AQIDBAUGBwgJCgsMDQ4PEA==',
  ])('rejects "%s"', (value) => expect(isKey(value)).toBe(false));
});

describe('acceptFor', () => {
  it('answers the key of RFC 6455 §1.3', () => {
    expect(acceptFor('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });
});
