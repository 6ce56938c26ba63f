import { createInflateRaw, type Zlib } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { KeptEngine } from './kept-zlib.js';

type Stream = Zlib & object;

/** A stream of zlib's with some of its inside changed. */
function changed(changes: Readonly<Record<string, unknown>>): Stream {
  return Object.assign(createInflateRaw(), changes);
}

describe('a stream of zlib’s that looks different inside is not used', () => {
  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['without an engine', { _handle: null }],
    ['with something else for an engine', { _handle: {} }],
    ['with an engine that cannot be reset', { _handle: { writeSync: () => {} } }],
    ['with an engine that cannot write at once', { _handle: { reset: () => {} } }],
    ['without what is left', { _writeState: undefined }],
    ['with something else for what is left', { _writeState: [0, 0] }],
    ['with more than is known', { _writeState: new Uint32Array(3) }],
  ])('%s', (_what, changes) => {
    expect(KeptEngine.of(changed(changes))).toBeNull();
  });

  test('but one that looks as it should is', () => {
    expect(KeptEngine.of(createInflateRaw())).not.toBeNull();
  });
});

test('an engine works on after every kind of failure', () => {
  const engine = KeptEngine.of(createInflateRaw());
  const inflate = (hex: string, maxBytes: number) => {
    const run = engine?.inflate(Buffer.from(hex, 'hex'), maxBytes);
    return typeof run === 'object' ? Buffer.from(run.bytes).toString() : run;
  };
  const hello = 'f248cdc9c90700';
  for (const bad of ['07', 'f200110000', 'f248cdc9', '000500faff4865', '07']) {
    expect(inflate(bad, 100)).toBe('invalid');
    expect(inflate(hello, 100)).toBe('Hello');
    expect(inflate(hello, 4)).toBe('too-big');
    expect(inflate(hello, 5)).toBe('Hello');
  }
});
