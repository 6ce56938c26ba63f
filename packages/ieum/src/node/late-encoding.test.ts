import { Buffer } from 'node:buffer';
import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { clientFrame } from '../../../../test/support/client-frames.js';
import { takeServerFrame } from '../../../../test/support/server-frames.js';
import type { SendPolicy } from '../channel/send-queue.js';
import type { CloseRecord } from '../core/close-record.js';
import type { MessageExtension } from '../core/extension.js';
import { prepareMessage } from '../core/outgoing.js';
import type { Violation } from '../core/violation.js';
import { type DuplexEnd, duplexPair } from '../testing/duplex-pair.js';
import { FakeClock } from '../testing/fake-clock.js';
import { Peer } from './peer.js';
import type { PeerHandlers } from './peer-handlers.js';
import type { PeerOptions } from './peer-options.js';
import { PeerProfile } from './peer-profile.js';
import { Scheduler } from './scheduler.js';
import { StreamTransport } from './transport/stream-transport.js';
import type { UpgradeRequest } from './upgrade-request.js';

/**
 * A toy that encodes and decodes what has 1,000 bytes and more in its own time: when a test says so. Encoded messages carry
 * how many were sent encoded before.
 */
class SlowExtension implements MessageExtension {
  readonly name = 'x-slow';
  readonly rsv = 4;
  readonly sharedEncoding = null;
  readonly encoding: (() => void)[] = [];
  readonly decoding: (() => void)[] = [];
  sentBefore = 0;
  isClosed = false;

  decodeMessage(payload: Uint8Array): Uint8Array | Promise<Uint8Array | Violation> {
    if (payload.length < 1_000) return payload;
    return new Promise((resolve) => this.decoding.push(() => resolve(payload)));
  }

  encodeMessage(payload: Uint8Array): Uint8Array | null {
    return Buffer.from(`(${this.sentBefore})${Buffer.from(payload)}`);
  }

  encodesLater(byteLength: number): boolean {
    return byteLength >= 1_000;
  }

  encodeMessageLater(payload: Uint8Array): Promise<Uint8Array | null> {
    const encoded = this.encodeMessage(payload);
    return new Promise((resolve) => this.encoding.push(() => resolve(encoded)));
  }

  handleSent(): void {
    this.sentBefore++;
  }

  close(): void {
    this.isClosed = true;
  }
}

class SlowPeer {
  readonly extension = new SlowExtension();
  readonly clock = new FakeClock(1_000);
  readonly peer: Peer<undefined>;
  readonly near: DuplexEnd;
  readonly far: DuplexEnd;
  readonly records: CloseRecord[] = [];
  readonly frames: string[] = [];
  #received: Buffer = Buffer.alloc(0);

  constructor(handlers: PeerHandlers<undefined> = {}, options: PeerOptions = {}) {
    [this.near, this.far] = duplexPair({ highWaterMark: 4_000 });
    const profile = new PeerProfile('server', { keepalive: false, ...options });
    const scheduler = new Scheduler(this.clock);
    const parts = profile.createParts(new StreamTransport(this.near), scheduler, this.extension);
    const identity = { request: {} as UpgradeRequest, user: undefined, subprotocol: '', extensions: '' };
    const owner = { reportError: () => {}, handleGone: () => {}, handleFinished: () => {} };
    this.peer = new Peer<undefined>(parts, identity, handlers, owner);
    void this.peer.closed.then((record) => this.records.push(record));
    this.far.on('error', () => {});
    this.peer.start(Buffer.alloc(0));
  }

  /** The client reads from now on: what it gets is in `frames`, the beginning and the length of each. */
  read(): this {
    this.far.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      for (;;) {
        const taken = takeServerFrame(this.#received);
        if (taken === null) return;
        const isEncoded = ((this.#received[0] as number) & 0x40) !== 0;
        this.#received = taken.rest;
        const { opcode, text, payload } = taken.frame;
        const what =
          opcode === 8 ? `close ${payload.toString('hex', 0, 2)}` : opcode > 8 ? `control ${text}` : text;
        const isShort = what.length < 30;
        this.frames.push(
          `${isEncoded ? 'encoded ' : ''}${isShort ? what : `${what.slice(0, 6)}… ${what.length}`}`,
        );
      }
    });
    return this;
  }

  async receive(...parts: readonly Uint8Array[]): Promise<void> {
    this.far.write(Buffer.concat(parts));
    await settle();
  }

  /** The message that is encoded longest is done. */
  async finishEncoding(): Promise<void> {
    this.extension.encoding.shift()?.();
    await settle();
  }

  async finishDecoding(): Promise<void> {
    this.extension.decoding.shift()?.();
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

const large = (mark: string, length = 1_000) => mark.padEnd(length, '.');
const rsv1 = (payload: string) => clientFrame(1, payload, { rsv: 4 });
const plain = (payload: string) => clientFrame(1, payload);

describe('while a message is encoded', () => {
  test('what is sent later waits behind it, control frames do not, and nothing gets out of step', async () => {
    const { peer, extension, frames, near } = new SlowPeer().read();
    peer.send('a');
    peer.send(large('B'));
    peer.send('c');
    peer.send('secret', { secret: true });
    peer.send(large('D'));
    peer.send('e', { compress: false });
    peer.send('f');
    peer.pong('now');
    await settle();
    expect(frames).toEqual(['encoded (0)a', 'control now']);
    expect(extension.encoding.length).toBe(1);
    extension.encoding.shift()?.();
    await settle();
    expect(frames.slice(2)).toEqual(['encoded (1)B..… 1003', 'encoded (2)c', 'secret']);
    extension.encoding.shift()?.();
    await settle();
    expect(frames.slice(5)).toEqual(['encoded (3)D..… 1003', 'e', 'encoded (4)f']);
    expect(near.destroyed).toBe(false);
  });

  test('it counts as buffered, and who waits for room waits for it', async () => {
    const { peer, extension } = new SlowPeer().read();
    peer.send(large('A', 2_000));
    peer.send('bc');
    expect(peer.bufferedBytes).toBe(2_002);
    const { writable } = peer.stream();
    const writer = writable.getWriter();
    const done: string[] = [];
    void writer.write('d').then(() => done.push('written'));
    await settle();
    expect(done).toEqual([]);
    extension.encoding.shift()?.();
    await settle();
    expect(done).toEqual(['written']);
    expect(peer.bufferedBytes).toBe(0);
  });

  test('pings are answered', async () => {
    const slow = new SlowPeer().read();
    slow.peer.send(large('A'));
    await slow.receive(clientFrame(9, 'ping'));
    expect(slow.frames).toEqual(['control ping']);
  });

  test.each<[SendPolicy, string[], unknown[]]>([
    ['wait', ['encoded (0)A..… 1003', 'encoded (1)bbb… 803', 'encoded (2)ccc… 803'], ['queued', 'written']],
    ['drop-newest', ['encoded (0)A..… 1003', 'encoded (1)bbb… 803'], ['queued', 'dropped']],
    ['drop-oldest', ['encoded (0)A..… 1003', 'encoded (1)ccc… 803'], ['queued', 'queued']],
    ['close', ['close 03f5'], ['queued', 'closed']],
  ])('the policy %s applies to what waits', async (policy, expected, results) => {
    const slow = new SlowPeer({}, { sendQueue: { policy, maxQueuedBytes: 1_100 } }).read();
    slow.peer.send(large('A'));
    const sent = ['b', 'c'].map((mark) => slow.peer.send(mark.repeat(800)));
    await slow.finishEncoding();
    expect(await Promise.all(sent)).toEqual(results);
    expect(slow.frames).toEqual(expected);
  });

  test('a close comes behind it, and behind what waits: what would take long goes as it is', async () => {
    const slow = new SlowPeer().read();
    slow.peer.send(large('A'));
    slow.peer.send('b');
    slow.peer.send(large('C'));
    slow.peer.send(prepareMessage(large('D')));
    const written = slow.peer.stream().writable.getWriter().write('e');
    await settle();
    void slow.peer.close(4000);
    expect(slow.peer.send('f')).toBe('closed');
    await settle();
    const expected = [
      'A.....… 1000',
      'encoded (0)b',
      'C.....… 1000',
      'D.....… 1000',
      'encoded (1)e',
      'close 0fa0',
    ];
    expect(slow.frames).toEqual(expected);
    await written;
    await slow.finishEncoding();
    await slow.receive(clientFrame(8, Buffer.from([0x0f, 0xa0])));
    slow.far.end();
    await settle();
    expect(slow.frames).toEqual(expected);
    expect(slow.records).toMatchObject([{ wasClean: true, code: 4000 }]);
  });

  test.each<[string, (slow: SlowPeer) => void]>([
    ['we give up', (slow) => slow.peer.terminate()],
    ['the peer resets', (slow) => slow.far.reset()],
    ['the peer is gone', (slow) => slow.far.destroy()],
    ['the peer closes', (slow) => slow.far.write(clientFrame(8))],
    ['the peer breaks a rule', (slow) => slow.far.write(clientFrame(3, 'x'))],
  ])('%s: it is dropped, and who waits is told', async (_what, end) => {
    const slow = new SlowPeer({}, { sendQueue: { maxQueuedBytes: 10 } }).read();
    slow.peer.send(large('A'));
    const waiting = slow.peer.send('b');
    const writing = Promise.allSettled([slow.peer.stream().writable.getWriter().write('c')]);
    end(slow);
    await settle();
    slow.far.end();
    await settle();
    slow.clock.advance(20_000);
    await settle();
    expect(await waiting).toBe('closed');
    await writing;
    await slow.finishEncoding();
    expect(slow.frames.filter((frame) => !frame.startsWith('close'))).toEqual([]);
    expect(slow.records.length).toBe(1);
    expect([slow.extension.isClosed, slow.peer.bufferedBytes]).toEqual([true, 0]);
  });
});

test('a peer that does not read what was encoded late is given up in time', async () => {
  const slow = new SlowPeer({}, { sendTimeoutMs: 5_000 });
  slow.peer.send(large('A', 20_000));
  await settle();
  await slow.finishEncoding();
  expect(slow.peer.bufferedBytes).toBeGreaterThan(0);
  slow.clock.advance(4_000);
  await settle();
  expect(slow.peer.state).toBe('open');
  slow.clock.advance(2_000);
  await settle();
  expect(slow.records).toMatchObject([{ cause: { type: 'timeout', deadline: 'send' } }]);
});

test('encoding goes on when there is room again, in order', async () => {
  const slow = new SlowPeer();
  slow.peer.send('x'.repeat(999));
  slow.peer.send(large('A', 8_000));
  await settle();
  slow.peer.send(large('B', 8_000));
  await slow.finishEncoding();
  slow.peer.send(large('C', 8_000));
  // One is encoded ahead, and no more.
  expect(slow.extension.encoding.length).toBe(1);
  await slow.finishEncoding();
  expect(slow.extension.encoding.length).toBe(0);
  expect(slow.peer.bufferedBytes).toBeGreaterThanOrEqual(16_000);
  slow.read();
  await settle();
  expect(slow.frames).toEqual(['encoded (0)xxx… 1002', 'encoded (1)A..… 8003', 'encoded (2)B..… 8003']);
  await slow.finishEncoding();
  expect(slow.frames.slice(3)).toEqual(['encoded (3)C..… 8003']);
  expect(slow.peer.bufferedBytes).toBe(0);
});

describe('while a message is decoded', () => {
  const receiving = () => {
    const seen: string[] = [];
    const slow = new SlowPeer({
      message: (_peer, { data }) => void seen.push(String(data).slice(0, 3)),
    }).read();
    return { slow, seen };
  };

  test('those behind it wait, whole or not, and the peer is not read', async () => {
    const { slow, seen } = receiving();
    const last = plain('end');
    await slow.receive(rsv1('a'), rsv1(large('B')), plain('c'), rsv1(large('D')), last.subarray(0, 4));
    expect([seen, slow.extension.decoding.length]).toEqual([['a'], 1]);
    await slow.receive(last.subarray(4));
    expect(seen).toEqual(['a']);
    await slow.receive(Buffer.concat(Array.from({ length: 100 }, () => plain('x'.repeat(900)))));
    expect(slow.far.writableLength).toBeGreaterThan(0);
    await slow.finishDecoding();
    expect([seen, slow.extension.decoding.length]).toEqual([['a', 'B..', 'c'], 1]);
    await slow.finishDecoding();
    expect(seen.slice(3, 6)).toEqual(['D..', 'end', 'xxx']);
    expect([seen.length, slow.far.writableLength]).toEqual([105, 0]);
  });

  test('we can send', async () => {
    const { slow } = receiving();
    await slow.receive(rsv1(large('A')));
    slow.peer.send('hello');
    await settle();
    expect(slow.frames).toEqual(['encoded (0)hello']);
  });

  test('a close of the peer behind it waits', async () => {
    const { slow, seen } = receiving();
    await slow.receive(rsv1(large('A')), clientFrame(8, Buffer.from([0x0f, 0xa1])));
    slow.far.end();
    await settle();
    expect([seen, slow.records]).toEqual([[], []]);
    await slow.finishDecoding();
    expect(seen).toEqual(['A..']);
    expect(slow.records).toMatchObject([{ code: 4001, wasClean: true, first: 'received' }]);
  });

  test('the end of the stream behind it waits', async () => {
    const { slow, seen } = receiving();
    await slow.receive(rsv1(large('A')), plain('b'));
    slow.far.end();
    await settle();
    await slow.finishDecoding();
    expect(seen).toEqual(['A..', 'b']);
    expect(slow.records).toMatchObject([{ wasClean: false, code: 1006 }]);
  });

  test('our close does not lose it', async () => {
    const { slow, seen } = receiving();
    await slow.receive(rsv1(large('A')), plain('b'));
    void slow.peer.close();
    await settle();
    expect(slow.frames).toEqual(['close 03e8']);
    await slow.finishDecoding();
    await slow.receive(clientFrame(8, Buffer.from([0x03, 0xe8])));
    slow.far.end();
    await settle();
    expect(seen).toEqual(['A..', 'b']);
    expect(slow.records).toMatchObject([{ wasClean: true, first: 'sent' }]);
  });

  test.each<[string, (slow: SlowPeer) => void]>([
    ['we give up', (slow) => slow.peer.terminate()],
    ['the peer resets', (slow) => slow.far.reset()],
  ])('%s: the end is told once', async (_what, end) => {
    const { slow, seen } = receiving();
    await slow.receive(rsv1(large('A')), plain('b'));
    end(slow);
    await settle();
    await slow.finishDecoding();
    await settle();
    expect(slow.records.length).toBe(1);
    expect(slow.extension.isClosed).toBe(true);
    expect(seen.length === 0 || seen.join() === 'A..,b').toBe(true);
  });

  test('a pause of ours holds it back when it is done', async () => {
    const { slow, seen } = receiving();
    await slow.receive(rsv1(large('A')), plain('b'));
    slow.peer.pause();
    await slow.finishDecoding();
    expect(seen).toEqual([]);
    slow.peer.resume();
    await settle();
    expect(seen).toEqual(['A..', 'b']);
  });

  test('its silence is not held against a peer that is not read', async () => {
    const seen: string[] = [];
    const slow = new SlowPeer(
      { message: (_peer, { data }) => void seen.push(String(data).slice(0, 3)) },
      { keepalive: { intervalMs: 100, graceMs: 100 }, idleTimeoutMs: 1_000 },
    ).read();
    await slow.receive(rsv1(large('A')));
    slow.clock.advance(10_000);
    await settle();
    expect(slow.peer.state).toBe('open');
    await slow.finishDecoding();
    expect(seen).toEqual(['A..']);
    slow.peer.terminate();
  });
});

test('small bytes that are sent with options may be used again at once', async () => {
  const slow = new SlowPeer();
  slow.peer.send('x'.repeat(990));
  slow.peer.send(large('A', 8_000));
  const bytes = Buffer.from('before');
  slow.peer.send(bytes, { compress: false });
  slow.peer.send(bytes, { secret: true });
  bytes.write('after!');
  slow.read();
  await slow.finishEncoding();
  expect(slow.frames.slice(2)).toEqual(['before', 'before']);
});
