import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { GrowingBuffer } from './growing-buffer.js';
import { OutputBuffer } from './output-buffer.js';

describe('an output buffer', () => {
  test('gives small writes as one piece', () => {
    const output = new OutputBuffer();
    for (let i = 0; i < 300; i++) write(output, Buffer.from(`${i},`));
    const pieces = output.take();
    expect(pieces.length).toBe(1);
    expect(Buffer.concat(pieces).toString()).toBe(Array.from({ length: 300 }, (_, i) => `${i},`).join(''));
  });

  test('keeps referenced bytes between their neighbours, uncopied', () => {
    const output = new OutputBuffer();
    const large = Buffer.from('large');
    write(output, Buffer.from('before '));
    output.appendReference(large);
    write(output, Buffer.from(' after'));
    const pieces = output.take();
    expect(pieces.map((piece) => Buffer.from(piece).toString())).toEqual(['before ', 'large', ' after']);
    expect(pieces[1]).toBe(large);
  });

  test('keeps shared bytes uncopied while they are alone, and puts them beside what follows', () => {
    const output = new OutputBuffer();
    const shared = Buffer.from('shared ');
    output.appendShared(shared);
    expect(output.byteLength).toBe(7);
    const [alone, ...others] = output.take();
    expect([alone === shared, others]).toEqual([true, []]);

    for (let i = 0; i < 300; i++) output.appendShared(shared);
    write(output, Buffer.from('own '));
    output.appendShared(shared);
    const pieces = output.take();
    expect(pieces.length).toBe(1);
    expect(Buffer.concat(pieces).toString()).toBe(`${'shared '.repeat(300)}own shared `);
    expect(shared.toString()).toBe('shared ');
  });

  test('puts the same shared bytes together once for all', () => {
    const outputs = [new OutputBuffer(), new OutputBuffer(), new OutputBuffer()];
    for (const text of ['one ', 'two ', 'three']) {
      const shared = Buffer.from(text);
      for (const output of outputs) output.appendShared(shared);
    }
    expect(outputs.map(({ byteLength }) => byteLength)).toEqual([13, 13, 13]);
    const [first, ...others] = outputs.map((output) => output.take());
    expect(Buffer.concat(first ?? []).toString()).toBe('one two three');
    for (const other of others) expect(other[0]).toBe(first?.[0]);
  });

  test('does not touch what others have when something of its own follows', () => {
    const [own, other] = [new OutputBuffer(), new OutputBuffer()];
    for (const text of ['one ', 'two ']) {
      const shared = Buffer.from(text);
      for (const output of [own, other]) output.appendShared(shared);
    }
    write(own, Buffer.from('mine '));
    own.appendShared(Buffer.from('last'));
    const taken = [own, other].map((output) => Buffer.concat(output.take()).toString());
    expect(taken).toEqual(['one two mine last', 'one two ']);
  });

  test('keeps shared bytes in order with references', () => {
    const output = new OutputBuffer();
    output.appendShared(Buffer.from('a'));
    output.appendReference(Buffer.from('b'));
    output.appendShared(Buffer.from('c'));
    output.appendShared(Buffer.from('d'));
    expect(Buffer.concat(output.take()).toString()).toBe('abcd');
    expect([output.byteLength, output.take()]).toEqual([0, []]);
  });

  test('counts what waits and keeps nothing once it is taken', () => {
    const output = new OutputBuffer();
    expect([output.byteLength, output.take()]).toEqual([0, []]);
    write(output, Buffer.alloc(10));
    output.appendReference(Buffer.alloc(20));
    expect(output.byteLength).toBe(30);
    output.take();
    expect([output.byteLength, output.take()]).toEqual([0, []]);
  });

  test('does not touch what was taken', () => {
    const output = new OutputBuffer();
    write(output, Buffer.from('first'));
    const taken = output.take();
    write(output, Buffer.from('SECOND'));
    expect(Buffer.concat(taken).toString()).toBe('first');
    expect(Buffer.concat(output.take()).toString()).toBe('SECOND');
  });

  test('gives every byte in order whatever the sizes', () => {
    const output = new OutputBuffer();
    const sizes = [1, 63, 64, 1000, 65_535, 65_536, 65_537, 3, 100_000, 2, 40_000, 40_000, 1];
    const writes = sizes.map((size, index) => Buffer.alloc(size, index + 1));
    for (const bytes of writes) write(output, bytes);
    const all = Buffer.concat(writes);
    expect(output.byteLength).toBe(all.length);
    expect(Buffer.concat(output.take()).equals(all)).toBe(true);
  });
});

describe('a growing buffer', () => {
  test('gives what was appended and is empty afterwards', () => {
    const gathered = new GrowingBuffer();
    const pieces = [1, 0, 63, 64, 65, 1000, 1].map((size, index) => Buffer.alloc(size, index + 1));
    for (const piece of pieces) gathered.append(piece);
    expect(gathered.length).toBe(Buffer.concat(pieces).length);
    expect(gathered.take().equals(Buffer.concat(pieces))).toBe(true);
    expect([gathered.length, gathered.take().length]).toEqual([0, 0]);
  });

  test.each([1, 2, 7, 50, 999])(
    'takes at most four times the memory of what arrived in %d pieces',
    (count) => {
      const gathered = new GrowingBuffer();
      for (let i = 0; i < count; i++) gathered.append(Buffer.alloc(16), 2 ** 50);
      expect(gathered.take().buffer.byteLength).toBeLessThanOrEqual(4 * 16 * count);
    },
  );

  test('has exactly the announced size once a quarter has arrived', () => {
    const gathered = new GrowingBuffer();
    for (let i = 0; i < 16; i++) gathered.append(Buffer.alloc(64 * 1024), 1024 * 1024);
    expect(gathered.take().buffer.byteLength).toBe(1024 * 1024);
  });

  test('takes at most twice the memory of what arrived when nothing is announced', () => {
    const gathered = new GrowingBuffer();
    for (let i = 0; i < 70_000; i++) gathered.append(Buffer.from([i & 0xff]));
    expect(gathered.take().buffer.byteLength).toBeLessThanOrEqual(140_000);
  });
});

function write(output: OutputBuffer, bytes: Buffer): void {
  const at = output.reserve(bytes.length);
  output.tail.set(bytes, at);
}
