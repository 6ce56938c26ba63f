import { once } from 'node:events';
import { beforeAll, describe, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../../../../../test/support/certificates.js';
import { type TransportPair, transportKinds } from '../../../../../test/support/transport-pairs.js';
import { RecordingSink, turns } from '../../../../../test/support/transport-sink.js';
import type { Transport } from './transport.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const large = Buffer.alloc(24 * 1024 * 1024);

describe.each(transportKinds)('$name', (kind) => {
  test('destroy tells the sink later, and the peer at once', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    far.resume();
    const closed = once(far, 'end');
    transport.destroy();
    expect([transport.isDestroyed, sink.ends]).toEqual([true, 0]);
    await sink.ended();
    await closed;
    expect([transport.error, sink.byteLength, sink.drains]).toEqual([null, 0, 0]);
  });

  test('destroy gives up what was not written, without an error', async () => {
    const { transport } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    expect(transport.write([large])).toBe(false);
    transport.destroy();
    await sink.ended();
    await turns();
    expect([transport.error, sink.drains]).toEqual([null, 0]);
  });

  test('destroy gives up a close that waits', async () => {
    const { transport } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    transport.write([large]);
    transport.close();
    transport.destroy();
    expect(transport.isDestroyed).toBe(true);
    await sink.ended();
    expect(transport.error).toBe(null);
  });

  test('nothing of a chunk comes behind a destroy from within the one before', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    let chunks = 0;
    sink.handleChunk = () => {
      chunks++;
      transport.destroy();
    };
    transport.start(sink);
    far.write(Buffer.alloc(4 * 1024 * 1024));
    await sink.ended();
    await turns();
    expect([chunks, transport.error]).toEqual([1, null]);
  });

  test('destroyed before it began, the sink is told all the same', async () => {
    const { transport } = await kind.connect(certificates, 'early');
    const sink = new RecordingSink();
    transport.destroy();
    transport.start(sink);
    await sink.ended();
    expect(sink.byteLength).toBe(0);
  });

  test('destroyed within what came before it began, it reads nothing', async () => {
    const { transport, far } = await kind.connect(certificates, 'early');
    const sink = new RecordingSink();
    sink.handleChunk = () => transport.destroy();
    transport.start(sink);
    await sink.receives(5);
    far.write('late');
    await sink.ended();
    expect(sink.text).toBe('early');
  });

  test('whatever is asked of one that is gone does nothing', async () => {
    const { transport } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    transport.destroy();
    exercise(transport);
    await sink.ended();
    exercise(transport);
    await turns();
    expect([transport.error, transport.isDestroyed, sink.drains]).toEqual([null, true, 0]);
    expect(transport.waitingBytes).toBe(0);
  });

  test('a peer that goes while much is being written is an error, and the transport is gone', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    transport.write([large]);
    far.destroy();
    await sink.until(() => transport.isDestroyed);
    await sink.ended();
    expect(broken).toContain(codeOf(transport));
    expect(sink.drains).toBe(0);
  });

  test('writing to a peer that is gone comes to an error', async () => {
    const { transport, far } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    far.destroy();
    await sink.ended();
    while (!transport.isDestroyed) {
      transport.write([Buffer.alloc(1024)]);
      await turns(1);
    }
    expect(broken).toContain(codeOf(transport));
  });
});

describe.each(transportKinds.filter((kind) => kind.isTcp))('$name', (kind) => {
  test.each(['idle', 'writing', 'writing at its end', 'closing'])(
    'is reset while it is %s',
    async (state) => {
      const { transport, reset } = await kind.connect(certificates);
      const sink = new RecordingSink();
      transport.start(sink);
      if (state !== 'idle') transport.write([large]);
      if (state === 'writing at its end') transport.end();
      if (state === 'closing') transport.close();
      reset?.();
      await sink.until(() => transport.isDestroyed);
      await sink.until(() => sink.ends > 0);
      expect(codeOf(transport)).toBe('ECONNRESET');
      expect(sink.drains).toBe(0);
    },
  );

  test('a reset that came while it was paused is found out by writing', async () => {
    const { transport, reset } = await kind.connect(certificates);
    const sink = new RecordingSink();
    transport.start(sink);
    transport.pause();
    reset?.();
    await turns();
    while (!transport.isDestroyed) {
      transport.write([Buffer.alloc(1024)]);
      await turns(1);
    }
    await sink.ended();
    expect(broken).toContain(codeOf(transport));
  });

  test('was reset before it began', async () => {
    const { transport, reset } = await kind.connect(certificates);
    reset?.();
    await turns();
    const sink = new RecordingSink();
    transport.start(sink);
    await sink.until(() => transport.isDestroyed);
    expect(sink.byteLength).toBe(0);
  });
});

describe.each(transportKinds.filter((kind) => !kind.name.includes('accepted')))('$name', (kind) => {
  const connect = async () => {
    const connected = await kind.connect(certificates);
    const sink = new RecordingSink();
    connected.transport.start(sink);
    return { ...connected, sink, near: nearOf(connected) };
  };

  test('somebody else destroys the socket', async () => {
    const { transport, near, sink } = await connect();
    near.destroy();
    expect(transport.isDestroyed).toBe(true);
    exercise(transport);
    await sink.ended();
    expect([transport.error, sink.byteLength]).toEqual([null, 0]);
  });

  test('somebody else destroys the socket while much is being written', async () => {
    const { transport, near, sink } = await connect();
    transport.write([large]);
    near.destroy();
    await sink.ended();
    await turns();
    expect([transport.error, transport.isDestroyed, sink.drains]).toEqual([null, true, 0]);
  });

  test('somebody else destroys the socket while a close waits', async () => {
    const { transport, near, sink } = await connect();
    transport.write([large]);
    transport.close();
    near.destroy();
    await sink.ended();
    await turns();
    expect([transport.error, sink.drains]).toEqual([null, 0]);
  });

  test('somebody else destroys the socket with an error, within a chunk', async () => {
    const { transport, near, far, sink } = await connect();
    const error = new Error('not mine');
    sink.handleChunk = () => void near.destroy(error);
    far.write(Buffer.alloc(1024 * 1024));
    await sink.ended();
    expect(transport.error).toBe(error);
  });
});

function nearOf({ near }: TransportPair) {
  if (near === null) throw new Error('no socket');
  return near;
}

function codeOf(transport: Transport): string | undefined {
  return (transport.error as NodeJS.ErrnoException | null)?.code;
}

function exercise(transport: Transport): void {
  transport.pause();
  transport.resume();
  expect(transport.write([Buffer.from('x')])).toBe(true);
  expect(transport.write([Buffer.from('x'), Buffer.from('y')])).toBe(true);
  transport.end();
  transport.close();
  transport.destroy();
}

/** How a peer that is gone shows. */
const broken = ['ECONNRESET', 'EPIPE'];
