import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import type { DeflateCodec, Dictionary, InflateFailure } from './deflate-codec.js';
import type { DeflateTerms } from './deflate-parameters.js';
import { PermessageDeflate } from './permessage-deflate.js';

/**
 * A toy: halves what it compresses, unless that begins with `!`; gives twice what it inflates. Tells how it was called.
 */
class ToyCodec implements DeflateCodec {
  readonly calls: string[] = [];
  fails = false;

  inflate(data: Uint8Array, dictionary: Dictionary, maxBytes: number): Uint8Array | InflateFailure {
    this.calls.push(`inflate ${data.length} after ${dictionary?.length ?? 'nothing'}, at most ${maxBytes}`);
    if (data[0] === 0x3f) return 'invalid';
    return data.length * 2 > maxBytes ? 'too-big' : Buffer.concat([data, data]);
  }

  async inflateLater(data: Uint8Array, dictionary: Dictionary, maxBytes: number) {
    this.calls.push('later:');
    return this.inflate(data, dictionary, maxBytes);
  }

  deflate(data: Uint8Array, dictionary: Dictionary, windowBits: number) {
    if (this.fails) throw new Error('no memory');
    this.calls.push(
      `deflate ${data.length} after ${dictionary?.length ?? 'nothing'} with ${windowBits} bits`,
    );
    return data[0] === 0x21 ? data : data.subarray(0, data.length >> 1);
  }

  async deflateLater(data: Uint8Array, dictionary: Dictionary, windowBits: number) {
    this.calls.push('later:');
    return this.deflate(data, dictionary, windowBits);
  }
}

const alone: DeflateTerms = {
  sendNoContextTakeover: true,
  sendWindowBits: 12,
  receiveNoContextTakeover: true,
  receiveWindowBits: 15,
};
const following: DeflateTerms = { ...alone, sendNoContextTakeover: false, receiveNoContextTakeover: false };

function open(terms: DeflateTerms, threshold = 0) {
  const codec = new ToyCodec();
  const closed: DeflateTerms[] = [];
  const extension = new PermessageDeflate(
    { codec, threshold, handleClosed: (over) => closed.push(over) },
    terms,
  );
  return { codec, closed, extension };
}

test('it claims RSV1, and no other bit', () => {
  const { extension } = open(alone);
  expect([extension.name, extension.rsv]).toEqual(['permessage-deflate', 4]);
});

describe('what it sends', () => {
  test('is compressed from the threshold on', () => {
    const { extension, codec } = open(alone, 100);
    expect(extension.encodeMessage(Buffer.alloc(99))).toBeNull();
    expect(extension.encodeMessage(Buffer.alloc(100))?.length).toBe(50);
    expect(codec.calls).toEqual(['deflate 100 after nothing with 12 bits']);
  });

  test('is left as it is when compressing makes it no smaller', async () => {
    const { extension } = open(alone);
    expect(extension.encodeMessage(Buffer.from('!abc'))).toBeNull();
    expect(await extension.encodeMessageLater(Buffer.from('!abc'))).toBeNull();
    expect(extension.encodeMessage(Buffer.alloc(0))).toBeNull();
  });

  test('is left as it is when there is no memory to compress it', async () => {
    const { extension, codec } = open(following);
    codec.fails = true;
    expect(extension.encodeMessage(Buffer.alloc(10))).toBeNull();
    expect(await extension.encodeMessageLater(Buffer.alloc(10))).toBeNull();
  });

  test('is never compressed with a window of 8 bits, which zlib cannot', () => {
    const { extension, codec } = open({ ...alone, sendWindowBits: 8 });
    expect(extension.encodeMessage(Buffer.alloc(1_000))).toBeNull();
    expect(extension.encodesLater(1_000_000)).toBe(false);
    expect(codec.calls).toEqual([]);
  });

  test('is done off the event loop when it is large, and would be compressed at all', () => {
    const { extension } = open(alone, 64 * 1024);
    expect([1, 32 * 1024, 32 * 1024 + 1, 64 * 1024].map((n) => extension.encodesLater(n))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect(open(alone).extension.encodesLater(32 * 1024)).toBe(false);
    expect(open(alone).extension.encodesLater(32 * 1024 + 1)).toBe(true);
  });

  test('refers back to what was sent compressed, and to nothing else', async () => {
    const { extension, codec } = open(following);
    extension.encodeMessage(Buffer.alloc(10));
    extension.encodeMessage(Buffer.alloc(20));
    extension.handleSent(Buffer.alloc(20));
    await extension.encodeMessageLater(Buffer.alloc(30));
    extension.encodeMessage(Buffer.alloc(40));
    extension.handleSent(Buffer.alloc(5_000));
    extension.encodeMessage(Buffer.alloc(50));
    expect(codec.calls).toEqual([
      'deflate 10 after nothing with 12 bits',
      'deflate 20 after nothing with 12 bits',
      'later:',
      'deflate 30 after 20 with 12 bits',
      'deflate 40 after 20 with 12 bits',
      'deflate 50 after 4096 with 12 bits',
    ]);
  });

  test('refers back to nothing without context takeover', () => {
    const { extension, codec } = open(alone);
    extension.handleSent(Buffer.alloc(20));
    extension.encodeMessage(Buffer.alloc(10));
    expect(codec.calls).toEqual(['deflate 10 after nothing with 12 bits']);
  });
});

describe('its encoding', () => {
  test('is shared by all who compress in the same way', () => {
    expect(open(alone, 100).extension.sharedEncoding).toBe(open(alone, 100).extension.sharedEncoding);
  });

  test.each<[string, DeflateTerms, number]>([
    ['another window', { ...alone, sendWindowBits: 11 }, 100],
    ['another threshold', alone, 99],
  ])('is not that of connections with %s', (_what, terms, threshold) => {
    const { sharedEncoding } = open(terms, threshold).extension;
    expect(sharedEncoding).not.toBeNull();
    expect(sharedEncoding).not.toBe(open(alone, 100).extension.sharedEncoding);
  });

  test('is nobody else’s with context takeover', () => {
    expect(open(following).extension.sharedEncoding).toBeNull();
    expect(open({ ...alone, receiveNoContextTakeover: false }).extension.sharedEncoding).not.toBeNull();
  });
});

describe('what it receives', () => {
  test('is inflated at once when it is small, within the limit', () => {
    const { extension, codec } = open(alone);
    expect(extension.decodeMessage(Buffer.from('ab'), 4)).toEqual(Buffer.from('abab'));
    expect(extension.decodeMessage(Buffer.from('abc'), 5)).toMatchObject({ code: 'ERR_WS_MESSAGE_TOO_BIG' });
    expect(extension.decodeMessage(Buffer.from('?'), 5)).toMatchObject({ code: 'ERR_WS_INVALID_PAYLOAD' });
    expect(codec.calls).toEqual([
      'inflate 2 after nothing, at most 4',
      'inflate 3 after nothing, at most 5',
      'inflate 1 after nothing, at most 5',
    ]);
  });

  test.each([
    ['much is to be inflated', 32 * 1024 + 1, 1_000_000],
    ['much comes out of it', 32 * 1024, 1_000_000],
  ])('is inflated off the event loop when %s', async (what, length, maxBytes) => {
    const { extension, codec } = open(alone);
    // Only what comes out tells, and the toy makes twice of everything.
    if (what.startsWith('much comes'))
      codec.inflate = (data, _dictionary, most) => (most < maxBytes ? 'too-big' : data);
    const decoded = extension.decodeMessage(Buffer.alloc(length), maxBytes);
    expect(decoded).toBeInstanceOf(Promise);
    expect(await decoded).toBeInstanceOf(Uint8Array);
  });

  test('may fail off the event loop too', async () => {
    const { extension } = open(alone);
    expect(await extension.decodeMessage(Buffer.alloc(40_000), 79_999)).toMatchObject({
      code: 'ERR_WS_MESSAGE_TOO_BIG',
      closeCode: 1009,
    });
    expect(await extension.decodeMessage(Buffer.alloc(40_000, '?'), 1_000_000)).toMatchObject({
      code: 'ERR_WS_INVALID_PAYLOAD',
      closeCode: 1007,
    });
  });

  test.each<[string, number, number, number]>([
    ['of 7 bytes', 7, 700, 1_100],
    ['of 500 bytes', 500, 250, 400],
    ['of 30,000 bytes', 30_000, 5, 10],
  ])('gives others their turn between many messages %s', async (_what, length, least, most) => {
    const { extension } = open(alone);
    const inRow: number[] = [0];
    for (let i = 0; i < 5_000; i++) {
      const decoded = extension.decodeMessage(Buffer.alloc(length), 1_000_000);
      if (decoded instanceof Promise) inRow.push(0);
      else inRow.push((inRow.pop() as number) + 1);
      expect(await decoded).toHaveProperty('length', 2 * length);
    }
    for (const count of inRow.slice(0, -1)) {
      expect(count).toBeGreaterThan(least);
      expect(count).toBeLessThan(most);
    }
    expect(inRow.length).toBeGreaterThan(3);
  });

  test('refers back to what was received', async () => {
    const { extension, codec } = open(following);
    extension.decodeMessage(Buffer.alloc(10), 1_000_000);
    await extension.decodeMessage(Buffer.alloc(40_000), 1_000_000);
    extension.decodeMessage(Buffer.alloc(1), 1_000_000);
    expect(codec.calls).toEqual([
      'inflate 10 after nothing, at most 262144',
      'later:',
      'inflate 40000 after 20, at most 1000000',
      'inflate 1 after 32768, at most 262144',
    ]);
  });
});

test('it tells when the connection is over', () => {
  const { extension, closed } = open(alone);
  extension.close();
  expect(closed).toEqual([alone]);
});
