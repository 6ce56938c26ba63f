import { describe, expect, it, test } from 'vitest';

import { settle } from '../../../../../test/support/memory-peer.js';
import type { HeardFrame, StompWire } from '../../../../../test/support/stomp-wire.js';
import { bodiesOf, stompWorld, wordsOf } from '../../../../../test/support/stomp-world.js';

/** The ids that ACK and NACK of 1.2 name. */
const acksOf = (heard: readonly HeardFrame[]) =>
  heard.filter(({ command }) => command === 'MESSAGE').map(({ headers }) => headers.ack ?? '');

const queueQ = { id: 's', destination: '/queue/q' };

async function sendAll(wire: StompWire, destination: string, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) await wire.say('SEND', { destination, 'content-type': 'text/plain' }, body);
}

describe('a queue', () => {
  it('gives each message to one consumer, in turn, with the headers of a message', async () => {
    const { connect } = await stompWorld();
    const [ann, bob, eve] = [await connect('ann'), await connect('bob'), await connect('eve')];
    for (const wire of [ann, bob]) await wire.say('SUBSCRIBE', queueQ);
    await sendAll(eve, '/queue/q', ['1', '2', '3', '4']);
    const heard = await ann.heard();
    expect(bodiesOf(heard)).toEqual(['1', '3']);
    expect(bodiesOf(await bob.heard())).toEqual(['2', '4']);
    expect(heard[0]?.headers).toMatchObject({
      subscription: 's',
      destination: '/queue/q',
      'content-type': 'text/plain',
      'ieum-publisher': 'eve',
    });
  });

  it('keeps messages until somebody comes', async () => {
    const { connect } = await stompWorld();
    const wire = await connect();
    await sendAll(wire, '/queue/q', ['1', '2']);
    await wire.say('SUBSCRIBE', queueQ);
    expect(bodiesOf(await wire.heard())).toEqual(['1', '2']);
  });

  it.each(['drop', 'UNSUBSCRIBE', 'DISCONNECT'] as const)(
    'gives what is not acknowledged to another one, in its place, after %s',
    async (end) => {
      const { connect } = await stompWorld();
      const [ann, bob] = [await connect('ann'), await connect('bob')];
      await ann.say('SUBSCRIBE', { ...queueQ, ack: 'client-individual' });
      await sendAll(bob, '/queue/q', ['1', '2', '3']);
      const [first = ''] = acksOf(await ann.heard());
      await ann.say('ACK', { id: first });
      if (end === 'drop') await ann.drop();
      else await ann.say(end, { id: 's' });
      await sendAll(bob, '/queue/q', ['4']);
      const heard = await bob.ask('SUBSCRIBE', queueQ);
      expect(bodiesOf(heard)).toEqual(['2', '3', '4']);
    },
  );

  it('delivers again what is refused, and says so, as often as may be', async () => {
    const dead: string[] = [];
    const handleDead = (queue: string, { text }: { text: string }) => void dead.push(`${queue} ${text}`);
    const { connect } = await stompWorld(
      {},
      { maxDeliveries: 3, queues: { authorize: () => true, handleDead } },
    );
    const wire = await connect();
    await wire.say('SUBSCRIBE', { ...queueQ, ack: 'client-individual' });
    await sendAll(wire, '/queue/q', ['x']);
    const seen: (string | undefined)[] = [];
    for (let [message] = await wire.heard(); message !== undefined; [message] = await wire.heard()) {
      seen.push(message.headers.redelivered);
      await wire.say('NACK', { id: message.headers.ack ?? '' });
    }
    expect(seen).toEqual([undefined, 'true', 'true']);
    expect(dead).toEqual(['q x']);
  });

  it('gives no more than may be unacknowledged, and goes on after ACK', async () => {
    const { connect } = await stompWorld({}, { maxUnacked: 2 });
    const [ann, bob] = [await connect('ann'), await connect('bob')];
    await ann.say('SUBSCRIBE', { ...queueQ, ack: 'client' });
    await sendAll(bob, '/queue/q', ['1', '2', '3', '4']);
    const heard = await ann.heard();
    expect(bodiesOf(heard)).toEqual(['1', '2']);
    expect(bodiesOf(await ann.ask('ACK', { id: acksOf(heard)[1] ?? '' }))).toEqual(['3', '4']);
  });

  it('gives a message only to whose selector lets it through', async () => {
    const { connect } = await stompWorld();
    const [ann, bob] = [await connect('ann'), await connect('bob')];
    await ann.say('SUBSCRIBE', { ...queueQ, selector: 'n > 1' });
    for (const n of ['1', '2', '3']) await bob.say('SEND', { destination: '/queue/q', n }, n);
    expect(bodiesOf(await ann.heard())).toEqual(['2', '3']);
    expect(bodiesOf(await bob.ask('SUBSCRIBE', queueQ))).toEqual(['1']);
  });

  it('waits for a slow reader, and gives to others meanwhile', async () => {
    const { connect } = await stompWorld();
    const [slow, fast, sender] = [await connect('slow'), await connect('fast'), await connect()];
    slow.memory.far.pause();
    for (const wire of [slow, fast]) await wire.say('SUBSCRIBE', queueQ);
    const bodies = Array.from({ length: 100 }, (_, i) => String(i).padEnd(60_000, 'x'));
    await sendAll(sender, '/queue/q', bodies);
    const taken = bodiesOf(await fast.heard()).length;
    expect(taken).toBeGreaterThan(60);
    slow.memory.far.resume();
    expect(bodiesOf(await slow.heard()).length).toBe(100 - taken);
  });

  it.each([
    ['messages', { maxMessages: 2 }, 'ERR_STOMP_QUEUE_FULL'],
    ['bytes', { maxBytes: 1_500 }, 'ERR_STOMP_QUEUE_FULL'],
    ['queues', { maxQueues: 1 }, 'ERR_STOMP_LIMIT'],
  ])('has a bound in %s', async (what, bounds, code) => {
    const { connect } = await stompWorld({}, { queues: { authorize: () => true, ...bounds } });
    const wire = await connect();
    for (const i of [1, 2]) {
      await wire.say('SEND', { destination: what === 'queues' ? `/queue/${i}` : '/queue/q' }, 'x');
    }
    await wire.say('SEND', { destination: '/queue/q' }, 'x');
    expect(wordsOf(await wire.heard())[0]).toBe(`ERROR ${code}`);
  });

  it('frees what was taken from it', async () => {
    const { connect } = await stompWorld(
      {},
      { queues: { authorize: () => true, maxBytes: 2_000, maxQueues: 1 } },
    );
    const wire = await connect();
    for (let i = 0; i < 20; i++) {
      await sendAll(wire, `/queue/${i}`, ['x']);
      const heard = await wire.ask('SUBSCRIBE', { id: 's', destination: `/queue/${i}` });
      expect(bodiesOf(heard)).toEqual(['x']);
      await wire.say('UNSUBSCRIBE', { id: 's' });
    }
    expect(wordsOf(await wire.ask('BEGIN', { transaction: 't', receipt: '1' }))).toEqual(['RECEIPT 1']);
  });

  it('is judged by its name, in the order of what is sent', async () => {
    const { connect } = await stompWorld(
      {},
      {
        queues: {
          authorize: async (action, queue, user) => {
            for (let i = queue.length; i < 5; i++) await Promise.resolve();
            return `${action} ${queue} ${user}` !== 'subscribe secret ann';
          },
        },
      },
    );
    const wire = await connect('ann');
    await sendAll(wire, '/queue/secret', ['ok']);
    const frames = ['a', 'abcd', 'ab'].map((q) => `SEND\ndestination:/queue/${q}\nreceipt:${q}\n\nx\0`);
    await wire.sayRaw(frames.join(''));
    expect(wordsOf(await wire.heard())).toEqual(['RECEIPT a', 'RECEIPT abcd', 'RECEIPT ab']);
    expect(wordsOf(await wire.ask('SUBSCRIBE', { id: 's', destination: '/queue/secret' }))).toEqual([
      'ERROR ERR_HUB_FORBIDDEN',
      'close 1008',
    ]);
  });

  it('stays in order, however long each question takes', async () => {
    const delays = [9, 0, 4, 1];
    const authorize = async () => {
      for (let i = delays.shift() ?? 0; i > 0; i--) await Promise.resolve();
      return true;
    };
    const { connect } = await stompWorld({}, { queues: { authorize } });
    const wire = await connect();
    await wire.sayRaw(['1', '2', '3'].map((n) => `SEND\ndestination:/queue/q\n\n${n}\0`).join(''));
    expect(bodiesOf(await wire.ask('SUBSCRIBE', queueQ))).toEqual(['1', '2', '3']);
  });

  it('keeps nothing of who has gone before they were allowed to', async () => {
    let allow: (isAllowed: boolean) => void = () => {};
    const asked = new Promise<boolean>((resolve) => {
      allow = resolve;
    });
    const authorize = (action: string, _queue: string, user: string) =>
      action === 'publish' || user === 'bob' || asked;
    const { connect } = await stompWorld({}, { queues: { authorize, maxQueues: 1 } });
    const [ann, bob] = [await connect('ann'), await connect('bob')];
    await ann.say('SUBSCRIBE', { id: 's', destination: '/queue/other' });
    await ann.drop();
    allow(true);
    await settle();
    await sendAll(bob, '/queue/q', ['1']);
    expect(bodiesOf(await bob.ask('SUBSCRIBE', queueQ))).toEqual(['1']);
  });

  it('is none where there are none', async () => {
    const { hub, clock } = await stompWorld();
    const { createStompRoute } = await import('./index.js');
    const { StompWire } = await import('../../../../../test/support/stomp-wire.js');
    const route = createStompRoute({ hub, clock, authenticate: () => ({ name: null, user: '' }) });
    const wire = await StompWire.connected(route);
    expect(wordsOf(await wire.ask('SEND', { destination: '/queue/q' }))[0]).toBe(
      'ERROR ERR_STOMP_UNKNOWN_DESTINATION',
    );
  });
});

describe('ACK', () => {
  it.each([
    ['client', ['3'], ['4', '5']],
    ['client-individual', ['1', '2', '4', '5'], ['1', '2', '4', '5']],
  ])('with mode %s settles what it says', async (ack, _waiting, again) => {
    const { connect } = await stompWorld();
    const [ann, bob] = [await connect('ann'), await connect('bob')];
    await ann.say('SUBSCRIBE', { ...queueQ, ack });
    await sendAll(bob, '/queue/q', ['1', '2', '3', '4', '5']);
    const third = acksOf(await ann.heard())[2] ?? '';
    expect(wordsOf(await ann.ask('ACK', { id: third, receipt: 'r' }))).toEqual(['RECEIPT r']);
    expect(wordsOf(await ann.ask('ACK', { id: third, receipt: 'again' }))).toEqual(['RECEIPT again']);
    await ann.drop();
    expect(bodiesOf(await bob.ask('SUBSCRIBE', queueQ))).toEqual(again);
  });

  it.each([
    ['1.0', false],
    ['1.1', true],
    ['1.2', true],
  ] as const)('in %s is as that version has it', async (version, hasSubscription) => {
    const { connect } = await stompWorld();
    const wire = await connect('ann', version);
    await wire.say('SUBSCRIBE', { ...queueQ, ack: 'client' });
    await sendAll(wire, '/queue/q', ['1']);
    const [message] = await wire.heard();
    const id = message?.headers['message-id'] ?? '';
    expect(message?.headers.ack).toBe(version === '1.2' ? id : undefined);
    const subscription = hasSubscription ? { subscription: 's' } : {};
    const ack: Record<string, string> = version === '1.2' ? { id } : { 'message-id': id, ...subscription };
    expect(wordsOf(await wire.ask('ACK', { ...ack, receipt: '1' }))).toEqual(['RECEIPT 1']);
    const nack = await wire.ask('NACK', { ...ack, receipt: '2' });
    expect(wordsOf(nack)[0]).toBe(version === '1.0' ? 'ERROR ERR_STOMP_UNKNOWN_COMMAND' : 'RECEIPT 2');
  });

  it('of what was a subscription’s that has ended is let be', async () => {
    const { connect } = await stompWorld();
    const wire = await connect();
    await wire.say('SUBSCRIBE', { ...queueQ, ack: 'client' });
    await sendAll(wire, '/queue/q', ['1']);
    const [id = ''] = acksOf(await wire.heard());
    await wire.say('UNSUBSCRIBE', { id: 's' });
    expect(wordsOf(await wire.ask('ACK', { id, receipt: '1' }))).toEqual(['RECEIPT 1']);
  });

  it('to a subscription that acknowledges nothing, or with another’s name, is refused', async () => {
    const { connect, hub } = await stompWorld();
    const [ann, bob] = [await connect('ann'), await connect('bob', '1.1')];
    await ann.say('SUBSCRIBE', { id: 's', destination: '/topic/a' });
    await bob.say('SUBSCRIBE', { id: 's', destination: '/topic/a', ack: 'client' });
    await hub.publish('a', 1);
    const [auto] = await ann.heard();
    const id = auto?.headers['message-id'] ?? '';
    expect(wordsOf(await ann.ask('ACK', { id }))[0]).toBe('ERROR ERR_STOMP_UNKNOWN_MESSAGE');
    const [message] = await bob.heard();
    const other = { 'message-id': message?.headers['message-id'] ?? '', subscription: 'x' };
    expect(wordsOf(await bob.ask('ACK', other))[0]).toBe('ERROR ERR_STOMP_UNKNOWN_MESSAGE');
  });
});

describe('a topic', () => {
  it('delivers again what is refused, to the same subscription, as often as may be', async () => {
    const { connect, hub } = await stompWorld({}, { maxDeliveries: 2 });
    const wire = await connect();
    await wire.say('SUBSCRIBE', { id: 's', destination: '/topic/a', ack: 'client' });
    await hub.publish('a', 'x');
    await hub.publish('a', 'y');
    const again = await wire.ask('NACK', { id: acksOf(await wire.heard())[1] ?? '' });
    expect(again.map(({ body, headers }) => [body, headers.redelivered])).toEqual([
      ['x', 'true'],
      ['y', 'true'],
    ]);
    expect(await wire.ask('NACK', { id: acksOf(again)[1] ?? '' })).toEqual([]);
  });

  it('waits while too much is unacknowledged, and loses nothing', async () => {
    const { connect, hub } = await stompWorld({}, { maxUnacked: 3 });
    const wire = await connect();
    await wire.say('SUBSCRIBE', { id: 's', destination: '/topic/a', ack: 'client' });
    for (let i = 0; i < 8; i++) await hub.publish('a', i);
    const seen: string[] = [];
    for (let heard = await wire.heard(); heard.length > 0; heard = await wire.heard()) {
      expect(heard.length).toBeLessThanOrEqual(3);
      seen.push(...bodiesOf(heard));
      await wire.say('ACK', { id: acksOf(heard).at(-1) ?? '' });
      await settle();
    }
    expect(seen).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });
});

describe('a transaction', () => {
  it('does nothing before COMMIT, and then all in order', async () => {
    const { connect } = await stompWorld({ authorize: async () => true });
    const wire = await connect();
    await wire.say('SUBSCRIBE', { id: 't', destination: '/topic/a' });
    await wire.say('BEGIN', { transaction: 'tx' });
    for (const body of ['1', '2'])
      await wire.say('SEND', { destination: '/topic/a', transaction: 'tx' }, body);
    await wire.say('SEND', { destination: '/topic/a' }, 'outside');
    expect(bodiesOf(await wire.heard())).toEqual(['outside']);
    const heard = await wire.ask('COMMIT', { transaction: 'tx', receipt: 'r' });
    expect(bodiesOf(heard)).toEqual(['1', '2']);
    expect(wordsOf(heard)).toContain('RECEIPT r');
    expect(heard.every(({ headers }) => headers.transaction === undefined)).toBe(true);
  });

  it('that is aborted never was', async () => {
    const { connect } = await stompWorld();
    const [ann, bob] = [await connect('ann'), await connect('bob')];
    await ann.say('SUBSCRIBE', { ...queueQ, ack: 'client' });
    await sendAll(bob, '/queue/q', ['1']);
    await ann.say('BEGIN', { transaction: 'tx' });
    await ann.say('ACK', { id: acksOf(await ann.heard())[0] ?? '', transaction: 'tx' });
    await ann.say('SEND', { destination: '/queue/q', transaction: 'tx' }, '2');
    expect(wordsOf(await ann.ask('ABORT', { transaction: 'tx', receipt: 'r' }))).toEqual(['RECEIPT r']);
    await ann.drop();
    expect(bodiesOf(await bob.ask('SUBSCRIBE', queueQ))).toEqual(['1']);
  });

  it('acknowledges when it is committed', async () => {
    const { connect } = await stompWorld();
    const [ann, bob] = [await connect('ann'), await connect('bob')];
    await ann.say('SUBSCRIBE', { ...queueQ, ack: 'client' });
    await sendAll(bob, '/queue/q', ['1', '2']);
    const [first = '', second = ''] = acksOf(await ann.heard());
    await ann.say('BEGIN', { transaction: 'tx' });
    await ann.say('ACK', { id: first, transaction: 'tx' });
    await ann.say('COMMIT', { transaction: 'tx' });
    await ann.drop();
    expect(second).not.toBe('');
    expect(bodiesOf(await bob.ask('SUBSCRIBE', queueQ))).toEqual(['2']);
  });

  it.each([
    ['transactions', { maxTransactions: 1 }, ['BEGIN\ntransaction:b\n\n\0']],
    [
      'bytes',
      { maxTransactionBytes: 1_000 },
      Array(4).fill('SEND\ntransaction:a\ndestination:/topic/a\n\nx\0'),
    ],
  ])('has a bound in %s', async (_name, bounds, frames) => {
    const { connect } = await stompWorld({}, bounds);
    const wire = await connect();
    await wire.say('BEGIN', { transaction: 'a' });
    await wire.sayRaw(...frames);
    expect(wordsOf(await wire.heard())[0]).toBe('ERROR ERR_STOMP_LIMIT');
  });

  it.each(['COMMIT', 'ABORT'])('makes room with %s', async (end) => {
    const { connect } = await stompWorld({}, { maxTransactionBytes: 1_000, maxTransactions: 1 });
    const wire = await connect();
    for (let i = 0; i < 10; i++) {
      await wire.say('BEGIN', { transaction: 'a' });
      await wire.say('SEND', { destination: '/topic/a', transaction: 'a' }, 'x');
      expect(wordsOf(await wire.ask(end, { transaction: 'a', receipt: 'r' }))).toEqual(['RECEIPT r']);
    }
  });

  it('of which something is refused ends with ERROR for its COMMIT', async () => {
    const { connect } = await stompWorld({ authorize: (_action, topic) => topic !== 'secret' });
    const wire = await connect();
    await wire.say('BEGIN', { transaction: 'a' });
    await wire.say('SEND', { destination: '/topic/secret', transaction: 'a' });
    const heard = await wire.ask('COMMIT', { transaction: 'a', receipt: 'r' });
    expect(wordsOf(heard)).toEqual(['ERROR ERR_HUB_FORBIDDEN', 'close 1008']);
    expect(heard[0]?.headers['receipt-id']).toBe('r');
  });
});

test('nothing of a client is left when it has gone', async () => {
  const { connect, hub, clock } = await stompWorld();
  const wire = await connect('ann');
  await wire.say('SUBSCRIBE', { id: '1', destination: '/topic/a', ack: 'client' });
  await wire.say('SUBSCRIBE', queueQ);
  await wire.drop();
  expect(hub.sessions.size).toBe(0);
  clock.advance(60_000);
  const other = await connect();
  await sendAll(other, '/queue/q', ['x']);
  expect(bodiesOf(await other.ask('SUBSCRIBE', queueQ))).toEqual(['x']);
});
