import { describe, expect, test } from 'vitest';

import { type Encoding, Publication } from './publication.js';

function publish(): Publication {
  const draft = { topic: 'a', format: 'text', payload: new Uint8Array([104, 105]), headers: {} } as const;
  return new Publication({ ...draft, publisher: null, id: 'id', key: null }, null, 0);
}

/** An encoding, and how often it was asked to encode. */
function countingEncoding<Encoded>(encode: Encoding<Encoded>) {
  let calls = 0;
  const encoding: Encoding<Encoded> = (publication) => {
    calls++;
    return encode(publication);
  };
  return { encoding, calls: () => calls };
}

describe('a publication is encoded', () => {
  test('once for all who ask for the same encoding', () => {
    const { encoding, calls } = countingEncoding(({ text }) => ({ text }));
    const publication = publish();
    const first = publication.encodedBy(encoding);
    expect(first).toEqual({ text: 'hi' });
    expect(publication.encodedBy(encoding)).toBe(first);
    expect(calls()).toBe(1);
  });

  test('once in each of several encodings, asked for in turn', () => {
    const encodings = ['x', 'y', 'z'].map((prefix) => countingEncoding(({ text }) => `${prefix}${text}`));
    const publication = publish();
    for (let round = 0; round < 3; round++) {
      const encoded = encodings.map(({ encoding }) => publication.encodedBy(encoding));
      expect(encoded).toEqual(['xhi', 'yhi', 'zhi']);
    }
    expect(encodings.map(({ calls }) => calls())).toEqual([1, 1, 1]);
  });

  test('anew for each publication', () => {
    const { encoding, calls } = countingEncoding(() => ({}));
    expect(publish().encodedBy(encoding)).not.toBe(publish().encodedBy(encoding));
    expect(calls()).toBe(2);
  });

  test('again when it could not be encoded before', () => {
    const { encoding, calls } = countingEncoding(() => {
      if (calls() === 1) throw new RangeError('too large');
      return 'encoded';
    });
    const publication = publish();
    expect(() => publication.encodedBy(encoding)).toThrow(RangeError);
    expect(publication.encodedBy(encoding)).toBe('encoded');
  });
});
