import { once } from 'node:events';
import { beforeAll, describe, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../../../../../test/support/certificates.js';
import { transportKinds } from '../../../../../test/support/transport-pairs.js';
import { RecordingSink, turns } from '../../../../../test/support/transport-sink.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

describe.each(transportKinds)('$name', (kind) => {
  test('gives every byte in order, those that came before it began too', async () => {
    const { transport, far } = await kind.connect(certificates, 'before ');
    const sink = new RecordingSink();
    transport.start(sink);
    far.write('after');
    await sink.receives(12);
    expect(sink.text).toBe('before after');
  });

  test('gives a megabyte as it was sent', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    const sent = Buffer.from(Uint32Array.from({ length: 2 ** 18 }, (_, i) => i).buffer);
    far.write(sent);
    await sink.receives(sent.length);
    expect(sink.bytes.equals(sent)).toBe(true);
  });

  test('reads nothing more while paused, and everything once resumed', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    far.write('x');
    await sink.receives(1);

    transport.pause();
    const flood = Buffer.alloc(16 * 1024 * 1024, 'y');
    far.write(flood);
    await turns();
    const { byteLength } = sink;
    await turns();
    expect(sink.byteLength).toBe(byteLength);
    // What a stream had begun to read, and what is decrypted already, may still come.
    expect(sink.byteLength).toBeLessThanOrEqual(kind.isDirect ? 1 : 256 * 1024);
    expect(far.writableLength).toBeGreaterThan(0);

    transport.resume();
    await sink.receives(1 + flood.length);
    expect(far.writableLength).toBe(0);
  });

  test('reads nothing when it was paused before it began, until it is resumed', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.pause();
    transport.start(sink);
    far.write('waits');
    await turns();
    expect(sink.byteLength).toBe(0);
    transport.resume();
    await sink.receives(5);
    expect(sink.text).toBe('waits');
  });

  test('reads nothing more when it is paused within what came before it began', async () => {
    const { transport, far } = await kind.connect(certificates, 'early');
    const sink = new RecordingSink();
    sink.handleChunk = () => transport.pause();
    transport.start(sink);
    await sink.receives(5);
    far.write(' late');
    await turns();
    expect(sink.text).toBe('early');
    transport.resume();
    await sink.receives(10);
    expect(sink.text).toBe('early late');
  });

  test('pauses from within a chunk, again and again', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    let isPaused = false;
    let chunksWhilePaused = 0;
    sink.handleChunk = () => {
      if (isPaused) chunksWhilePaused++;
      isPaused = true;
      transport.pause();
      setImmediate(() => {
        isPaused = false;
        transport.resume();
      });
    };
    transport.start(sink);
    const sent = Buffer.alloc(1024 * 1024, 'abcdefg');
    far.write(sent);
    await sink.receives(sent.length);
    expect(sink.bytes.equals(sent)).toBe(true);
    expect(chunksWhilePaused).toBe(0);
  });

  test('pauses and resumes within a chunk', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    sink.handleChunk = () => {
      transport.pause();
      transport.resume();
    };
    transport.start(sink);
    const sent = Buffer.alloc(256 * 1024, 'abcdefg');
    far.write(sent);
    await sink.receives(sent.length);
    expect(sink.bytes.equals(sent)).toBe(true);
  });

  test('tells the end behind the last byte', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    far.end('bye');
    await sink.ended();
    expect([sink.text, transport.error, transport.isDestroyed]).toEqual(['bye', null, false]);
  });

  test('tells the end behind what came before it began', async () => {
    const { transport, near, far } = await kind.connect(certificates, 'bye');
    far.end();
    await turns();
    if (near !== null && !near.readable) await once(near, 'readable');
    const sink = new RecordingSink();
    transport.start(sink);
    await sink.ended();
    expect(sink.text).toBe('bye');
  });

  test('does not tell the end while it is paused and bytes wait before it', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    transport.pause();
    far.end('last words');
    await turns();
    expect([sink.byteLength, sink.ends]).toEqual([0, 0]);
    transport.resume();
    await sink.ended();
    expect(sink.text).toBe('last words');
  });

  test('is taken over by another sink', async () => {
    const { transport, far } = await kind.connect(certificates, 'first');
    const [first, second] = [new RecordingSink(), new RecordingSink()];
    transport.start(first);
    await first.receives(5);
    transport.start(second);
    far.end('second');
    await second.ended();
    expect([first.text, second.text, first.ends]).toEqual(['first', 'second', 0]);
  });

  test('is taken over within a chunk, by who gets all that follows', async () => {
    const { transport, far } = await kind.connect(certificates);
    const [first, second] = [new RecordingSink(), new RecordingSink()];
    first.handleChunk = () => transport.start(second);
    transport.start(first);
    far.write('one');
    await first.receives(3);
    far.end('two');
    await second.ended();
    expect([first.text, second.text, first.ends]).toEqual(['one', 'two', 0]);
  });
});

describe.each(transportKinds.filter((kind) => kind.isDirect))('$name', (kind) => {
  test('lends the same memory again and again', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    const lent: Uint8Array[] = [];
    sink.handleChunk = (chunk) => lent.push(chunk);
    transport.start(sink);
    far.write('first');
    await sink.receives(5);
    far.write('other');
    await sink.receives(10);
    const [first, second] = lent as [Buffer, Buffer];
    expect([first.buffer, first.byteOffset]).toEqual([second.buffer, second.byteOffset]);
    expect(Buffer.from(first.subarray(0, 5)).toString()).toBe('other');
    expect(sink.text).toBe('firstother');
  });
});
