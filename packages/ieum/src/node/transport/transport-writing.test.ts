import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../../../../../test/support/certificates.js';
import { transportKinds } from '../../../../../test/support/transport-pairs.js';
import { RecordingSink, turns } from '../../../../../test/support/transport-sink.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

/** More than any kernel takes from a writer whose peer does not read. */
const large = Buffer.alloc(24 * 1024 * 1024);
for (let i = 0; i < large.length; i += 4) large.writeUInt32LE(i, i);

describe.each(transportKinds)('$name', (kind) => {
  test('writes pieces in order', async () => {
    const { transport, far } = await kind.connect(certificates);
    transport.start(new RecordingSink());
    const arrived = everything(far);
    expect(transport.write([Buffer.from('one ')])).toBe(true);
    expect(transport.write(['two ', 'three ', '', 'four '].map((part) => Buffer.from(part)))).toBe(true);
    expect(transport.write([new Uint8Array([0x21])])).toBe(true);
    transport.end();
    expect((await arrived).toString()).toBe('one two three four !');
  });

  test('writes before it is started', async () => {
    const { transport, far } = await kind.connect(certificates);
    const arrived = everything(far);
    transport.write([Buffer.from('first words')]);
    transport.start(new RecordingSink());
    transport.end();
    expect((await arrived).toString()).toBe('first words');
  });

  test('is told of room for what it wrote before it was started', async () => {
    const { transport, far } = await kind.connect(certificates);
    expect(transport.write([large])).toBe(false);
    const sink = new RecordingSink();
    transport.start(sink);
    const arrived = everything(far);
    await sink.drained();
    transport.end();
    expect((await arrived).equals(large)).toBe(true);
  });

  test('writes from within a chunk', async () => {
    const { transport, far } = await kind.connect(certificates);
    const arrived = everything(far);
    const sink = new RecordingSink();
    sink.handleChunk = (chunk, byteLength) => {
      transport.write([Buffer.from(chunk.subarray(0, byteLength))]);
    };
    transport.start(sink);
    far.write(large.subarray(0, 1024 * 1024));
    await sink.receives(1024 * 1024);
    transport.end();
    expect((await arrived).equals(large.subarray(0, 1024 * 1024))).toBe(true);
  });

  test.each([1, 3, 40])('%i pieces that the kernel does not take are counted until it has', async (count) => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    expect(transport.waitingBytes).toBe(0);
    expect(transport.write(cut(large, count))).toBe(false);
    await turns();
    const waiting = transport.waitingBytes;
    expect(waiting).toBeGreaterThan(large.length / 4);
    expect(waiting).toBeLessThanOrEqual(large.length + 4096);
    await turns();
    expect([transport.waitingBytes, sink.drains]).toEqual([waiting, 0]);

    const arrived = everything(far);
    await sink.drained();
    expect(transport.waitingBytes).toBe(0);
    expect(transport.write([Buffer.from('more')])).toBe(true);
    transport.end();
    const bytes = await arrived;
    expect(bytes.subarray(0, large.length).equals(large)).toBe(true);
    expect([bytes.subarray(large.length).toString(), sink.drains]).toEqual(['more', 1]);
  });

  test('drains once each time it was full', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    far.resume();
    for (let round = 1; round <= 3; round++) {
      expect(transport.write([large])).toBe(false);
      await sink.until(() => sink.drains >= round);
      await turns();
      expect(sink.drains).toBe(round);
    }
  });

  test('and another that is full at the same time are told of room each for itself', async () => {
    const pairs = [await kind.connect(certificates), await kind.connect(certificates)];
    const sinks = pairs.map(({ transport }) => {
      const sink = new RecordingSink();
      transport.start(sink);
      expect(transport.write([large])).toBe(false);
      return sink;
    });
    for (const at of [1, 0]) {
      pairs[at]?.far.resume();
      await sinks[at]?.drained();
      expect(sinks.map((sink) => sink.drains)).toEqual(at === 1 ? [0, 1] : [1, 1]);
    }
  });

  test('keeps reading while it is full', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    transport.write([large]);
    far.write('still here');
    await sink.receives(10);
    expect([sink.text, sink.drains]).toEqual(['still here', 0]);
  });

  test('who takes over while it is full is told that there is room', async () => {
    const { transport, far } = await kind.connect(certificates);
    const [first, second] = [new RecordingSink(), new RecordingSink()];
    transport.start(first);
    transport.write([large]);
    transport.start(second);
    far.resume();
    await second.drained();
    expect(first.drains).toBe(0);
  });

  test('end goes behind everything that was written, and reading goes on', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    expect(transport.isEnded).toBe(false);
    transport.write([large]);
    transport.end();
    transport.end();
    expect([transport.isEnded, transport.isDestroyed]).toEqual([true, false]);
    expect((await everything(far)).equals(large)).toBe(true);
    far.write('heard');
    await sink.receives(5);
    expect([sink.text, transport.error]).toEqual(['heard', null]);
  });

  test('nothing is written behind the end', async () => {
    const { transport, far } = await kind.connect(certificates);
    transport.start(new RecordingSink());
    transport.write([Buffer.from('last')]);
    transport.end();
    expect(transport.write([Buffer.from(' and more')])).toBe(true);
    expect((await everything(far)).toString()).toBe('last');
    expect(transport.error).toBe(null);
  });

  test('everything arrives at a peer that ended its side first', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    far.end();
    await sink.ended();
    expect(transport.write([large])).toBe(false);
    transport.end();
    expect((await everything(far)).equals(large)).toBe(true);
  });

  test('close writes everything before it destroys', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    transport.write([large]);
    transport.close();
    expect([transport.isEnded, transport.isDestroyed]).toEqual([true, false]);
    expect((await everything(far)).equals(large)).toBe(true);
    await sink.until(() => transport.isDestroyed);
    expect(transport.error).toBe(null);
  });

  test('close does not wait for the peer to end its side', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    far.resume();
    transport.close();
    await sink.until(() => transport.isDestroyed);
    expect(far.writableEnded).toBe(false);
  });

  test('close behind an end destroys', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    transport.end();
    await everything(far);
    await delay(20);
    expect(transport.isDestroyed).toBe(false);
    transport.close();
    transport.close();
    await sink.until(() => transport.isDestroyed);
  });
});

/** What arrives until the end. */
async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.once('end', resolve));
  return Buffer.concat(chunks);
}

function cut(bytes: Buffer, count: number): Buffer[] {
  const length = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}
