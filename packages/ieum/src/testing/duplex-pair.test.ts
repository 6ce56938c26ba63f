import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { duplexPair } from './duplex-pair.js';

test('what one end writes the other reads, never within the same call', async () => {
  const [a, b] = duplexPair();
  const read: string[] = [];
  b.on('data', (chunk: Buffer) => read.push(chunk.toString()));
  a.write('one');
  expect(read).toEqual([]);
  await once(b, 'data');
  expect(read).toEqual(['one']);
});

test('corked writes are one write, and every byte is counted', async () => {
  const [a, b] = duplexPair();
  a.cork();
  a.write('one');
  a.write('two');
  a.uncork();
  const [chunk] = await once(b, 'data');
  expect([chunk.toString(), a.writeCount, a.writtenBytes]).toEqual(['onetwo', 1, 6]);
});

test('the reader gets a copy', async () => {
  const [a, b] = duplexPair();
  const sent = Buffer.from('mine');
  b.on('data', (chunk: Buffer) => chunk.fill(0));
  a.write(sent);
  await once(b, 'data');
  expect(sent.toString()).toBe('mine');
});

test('a reader that pauses makes the writer wait, and lets it go on when it resumes', async () => {
  const [a, b] = duplexPair({ highWaterMark: 4 });
  expect(a.write('123456')).toBe(false);
  a.write('more');
  await turn();
  expect([a.writeCount, a.writableLength > 0]).toEqual([1, true]);
  b.resume();
  await once(a, 'drain');
  expect([a.writeCount, a.writableLength]).toEqual([2, 0]);
});

test('an end is read behind the last byte, and the reader may still write', async () => {
  const [a, b] = duplexPair();
  a.end('bye');
  const read: string[] = [];
  b.on('data', (chunk: Buffer) => read.push(chunk.toString()));
  await once(b, 'end');
  expect(read).toEqual(['bye']);
  b.write('late');
  expect((await once(a, 'data')).toString()).toBe('late');
});

test('destroying one end ends the other; resetting it fails the other', async () => {
  const [a, b] = duplexPair();
  a.destroy();
  b.resume();
  await once(b, 'end');
  const [c, d] = duplexPair();
  c.reset();
  const [error] = await once(d, 'error');
  expect([error.code, c.destroyed, d.destroyed]).toEqual(['ECONNRESET', true, true]);
});
