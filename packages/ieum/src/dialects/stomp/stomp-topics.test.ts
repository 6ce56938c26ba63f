import { Buffer } from 'node:buffer';
import { describe, expect, it, test } from 'vitest';

import { settle } from '../../../../../test/support/memory-peer.js';
import { bodiesOf, stompWorld, wordsOf } from '../../../../../test/support/stomp-world.js';
import type { Publication } from '../../hub/index.js';

const topicA = { id: 's', destination: '/topic/a' };

describe('a publication', () => {
  it('reaches subscribers with their headers in front, and in each version', async () => {
    const { connect, hub } = await stompWorld();
    const wires = [await connect('ann', '1.0'), await connect('ann', '1.1'), await connect('bob', '1.2')];
    for (const [i, wire] of wires.entries())
      await wire.say('SUBSCRIBE', { id: `s:${i}`, destination: '/topic/a' });
    const sender = await connect('eve');
    await sender.say('SEND', { destination: '/topic/a', 'content-type': 'text/plain', 'x:y': 'a\nb' }, 'hi');
    for (const [i, wire] of wires.entries()) {
      const [message] = await wire.heard();
      expect(message?.body).toBe('hi');
      expect(message?.headers).toEqual({
        subscription: `s:${i}`,
        'message-id': expect.any(String),
        destination: '/topic/a',
        'content-type': 'text/plain',
        'content-length': '2',
        'ieum-position': expect.stringMatching(/^\d+@.+/),
        'ieum-publisher': 'eve',
        'ieum-at': expect.stringMatching(/^\d+$/),
        ...(i === 0 ? { 'x y': 'a b' } : { 'x:y': 'a\nb' }),
      });
    }
    await hub.close();
  });

  it.each<[type: string | undefined, body: string | Buffer, format: string]>([
    ['application/json', '{"a":1}', 'json'],
    ['application/json;charset=UTF-8', '[1]', 'json'],
    ['application/vnd.x+json', '1', 'json'],
    ['application/json', '{', 'binary'],
    ['text/plain', 'x', 'text'],
    ['text/plain; charset="utf-8"', 'x', 'text'],
    ['text/plain;charset=iso-8859-1', 'x', 'binary'],
    ['text/plain', Buffer.from([0xff]), 'binary'],
    ['image/png', 'x', 'binary'],
    [undefined, 'x', 'binary'],
  ])(
    'of content-type %s with %o is %s in the hub, and what it was to subscribers',
    async (type, body, format) => {
      const { connect, hub } = await stompWorld();
      const seen: Publication[] = [];
      await hub.subscribe('a', (publication) => void seen.push(publication));
      const wire = await connect();
      await wire.say('SUBSCRIBE', topicA);
      const contentType: Record<string, string> = type === undefined ? {} : { 'content-type': type };
      const [message] = await wire.ask('SEND', { destination: '/topic/a', ...contentType }, body);
      expect(seen[0]?.format).toBe(format);
      expect(Buffer.from(seen[0]?.payload ?? []).equals(Buffer.from(body as string))).toBe(true);
      expect(message?.headers['content-type']).toBe(type);
    },
  );

  it('of another dialect has the content-type of its format, and its headers', async () => {
    const { connect, hub } = await stompWorld();
    const wire = await connect();
    await wire.say('SUBSCRIBE', topicA);
    await hub.publish('a', { b: 1 }, { headers: { c: 'd', subscription: 'forged', 'ieum-gap': 'forged' } });
    await hub.publish('a', 'text');
    await hub.publish('a', Buffer.from([0, 255]));
    const heard = await wire.heard();
    expect(heard.map(({ headers }) => headers['content-type'])).toEqual([
      'application/json',
      'text/plain',
      undefined,
    ]);
    expect(heard[0]).toMatchObject({ body: '{"b":1}', headers: { c: 'd', subscription: 's' } });
    expect(heard[0]?.headers['ieum-gap']).toBeUndefined();
  });

  it('with bytes that are no text goes as binary, another one as text', async () => {
    const { connect, hub } = await stompWorld();
    const wire = await connect();
    await wire.say('SUBSCRIBE', topicA);
    await hub.publish('a', Buffer.from([0, 255]));
    await hub.publish('a', Buffer.from('a\0b'));
    const frames = await wire.memory.sent();
    expect(frames.map((frame) => frame.split(' ')[0])).toEqual(['binary', 'text']);
    expect(frames[0]).toMatch(/00ff00$/);
    expect(frames[1]).toMatch(/a\0b\0$/);
  });

  it('that is no text goes as base64 where channels carry text alone', async () => {
    const { connect, hub } = await stompWorld({}, { isTextOnly: true });
    const wire = await connect();
    await wire.say('SUBSCRIBE', topicA);
    await hub.publish('a', Buffer.from([0, 255]));
    await hub.publish('a', 'text');
    const frames = await wire.memory.sent();
    expect(frames.map((frame) => frame.split(' ')[0])).toEqual(['text', 'text']);
    expect(frames[0]).toMatch(/\ncontent-transfer-encoding:base64\n[\s\S]*\ncontent-length:4\n\nAP8=\0$/);
    expect(frames[1]).not.toContain('base64');
  });

  it('cannot say what is ours to say', async () => {
    const { connect, hub } = await stompWorld();
    const wire = await connect('ann');
    await wire.say('SUBSCRIBE', topicA);
    const seen: Publication[] = [];
    await hub.subscribe('a', (publication) => void seen.push(publication));
    const forged = {
      subscription: 'x',
      'message-id': 'x',
      ack: 'x',
      redelivered: 'x',
      'ieum-publisher': 'x',
    };
    const [message] = await wire.ask('SEND', { destination: '/topic/a', ...forged, own: 'y' }, '');
    expect(Object.values(message?.headers ?? {})).not.toContain('x');
    expect(seen[0]?.headers).toEqual({ 'stomp-own': 'y' });
    expect(message?.headers).toMatchObject({ own: 'y', 'ieum-publisher': 'ann' });
  });

  it('is for each subscription by its name, of one client and of several', async () => {
    const { connect, hub } = await stompWorld();
    const [one, two] = [await connect(), await connect()];
    for (const id of ['a', 'b']) await one.say('SUBSCRIBE', { id, destination: '/topic/a' });
    for (const id of ['b', 'c']) await two.say('SUBSCRIBE', { id, destination: '/topic/a' });
    await hub.publish('a', 1);
    const named = async (wire: typeof one) => (await wire.heard()).map(({ headers }) => headers.subscription);
    expect([await named(one), await named(two)]).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
  });

  it('that comes again with its ieum-key is the same', async () => {
    const { connect } = await stompWorld();
    const wire = await connect('ann');
    await wire.say('SUBSCRIBE', topicA);
    await wire.say('SEND', { destination: '/topic/a', 'ieum-key': 'k' }, '1');
    await wire.say('SEND', { destination: '/topic/a', 'ieum-key': 'k' }, '1');
    expect(bodiesOf(await wire.heard())).toEqual(['1']);
  });

  it('reaches who subscribed just before, and publications stay in order', async () => {
    const { connect } = await stompWorld({ authorize: async () => true });
    const wire = await connect();
    const sends = Array.from({ length: 200 }, (_, i) => `SEND\ndestination:/topic/a\n\n${i}\0`);
    await wire.sayRaw(`SUBSCRIBE\nid:s\ndestination:/topic/a\n\n\0${sends.join('\n')}`);
    expect(bodiesOf(await wire.heard())).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
  });
});

test('a receipt covers all that came before it', async () => {
  const waiting: (() => void)[] = [];
  const { connect } = await stompWorld({
    authorize: (_action, topic) =>
      topic === 'fast' || new Promise((resolve) => waiting.push(() => resolve(true))),
  });
  const wire = await connect();
  await wire.say('SEND', { destination: '/topic/slow', receipt: '1' });
  await wire.say('SEND', { destination: '/topic/fast', receipt: '2' });
  await wire.say('BEGIN', { transaction: 't', receipt: '3' });
  expect(await wire.heard()).toEqual([]);
  waiting[0]?.();
  await settle();
  expect(wordsOf(await wire.heard())).toEqual(['RECEIPT 1', 'RECEIPT 2', 'RECEIPT 3']);
});

test('patterns deliver from all their topics, but nothing of what is somebody’s own', async () => {
  const { connect, hub } = await stompWorld();
  const wire = await connect('ann');
  await wire.say('SUBSCRIBE', { id: 's', destination: '/topic/**' });
  await hub.publish('a/b', 'yes');
  await hub.publish('stomp-user/bob/queue/x', 'no');
  const heard = await wire.heard();
  expect(heard.map(({ headers, body }) => [headers.destination, body])).toEqual([['/topic/a/b', 'yes']]);
});

test('a selector lets through what it says', async () => {
  const { connect } = await stompWorld();
  const wire = await connect();
  await wire.say('SUBSCRIBE', { ...topicA, selector: "price > 5 AND color = 'red'" });
  for (const [i, headers] of [
    { price: '9', color: 'red' },
    { price: '9' },
    { price: '1', color: 'red' },
  ].entries()) {
    await wire.say('SEND', { destination: '/topic/a', ...headers }, String(i));
  }
  expect(bodiesOf(await wire.heard())).toEqual(['0']);
});

test('after UNSUBSCRIBE nothing comes, and the id is free', async () => {
  const { connect, hub } = await stompWorld();
  const wire = await connect();
  await wire.say('SUBSCRIBE', topicA);
  expect(wordsOf(await wire.ask('UNSUBSCRIBE', { id: 's', receipt: '1' }))).toEqual(['RECEIPT 1']);
  await hub.publish('a', 1);
  expect(await wire.heard()).toEqual([]);
  expect(wordsOf(await wire.ask('SUBSCRIBE', { ...topicA, receipt: '2' }))).toEqual(['RECEIPT 2']);
});

test('in 1.0 a subscription may be known by its destination', async () => {
  const { connect, hub } = await stompWorld();
  const wire = await connect(undefined, '1.0');
  await wire.say('SUBSCRIBE', { destination: '/topic/a' });
  await hub.publish('a', 'x');
  const [message] = await wire.heard();
  expect(message?.headers.subscription).toBeUndefined();
  await wire.say('UNSUBSCRIBE', { destination: '/topic/a' });
  await hub.publish('a', 'y');
  expect(await wire.heard()).toEqual([]);
});

describe('who comes back', () => {
  it('gets what they missed, by the position of the last message or of the receipt', async () => {
    const { connect, hub } = await stompWorld();
    const before = await connect();
    const [receipt] = await before.ask('SUBSCRIBE', { ...topicA, receipt: '1' });
    expect(receipt?.headers).toMatchObject({ 'ieum-recovery': 'fresh', 'ieum-position': expect.any(String) });
    await hub.publish('a', '0');
    const [message] = await before.heard();
    await before.drop();
    await hub.publish('a', '1');
    await hub.publish('a', '2');
    for (const [since, expected] of [
      [message?.headers['ieum-position'], ['1', '2']],
      [receipt?.headers['ieum-position'], ['0', '1', '2']],
    ] as const) {
      const after = await connect();
      const heard = await after.ask('SUBSCRIBE', { ...topicA, receipt: '2', 'ieum-since': since ?? '' });
      expect(heard[0]?.headers).toMatchObject({ 'ieum-recovery': 'recovered' });
      expect(bodiesOf(heard)).toEqual(expected);
    }
  });

  it('is told of a gap in a message without a publication', async () => {
    const { connect, hub } = await stompWorld({
      topics: { '**': { history: { maxMessages: 1 }, snapshot: () => ({ all: 1 }) } },
    });
    const wire = await connect();
    const [receipt] = await wire.ask('SUBSCRIBE', { ...topicA, receipt: '1' });
    await wire.say('UNSUBSCRIBE', { id: 's' });
    for (const i of [1, 2, 3]) await hub.publish('a', i);
    const since = receipt?.headers['ieum-position'] ?? '';
    const heard = await wire.ask('SUBSCRIBE', { ...topicA, ack: 'client', 'ieum-since': since });
    expect(heard).toEqual([
      {
        command: 'MESSAGE',
        headers: {
          subscription: 's',
          'message-id': '2-1',
          ack: '2-1',
          destination: '/topic/a',
          'ieum-gap': 'expired',
          'ieum-position': expect.any(String),
          'content-type': 'application/json',
          'content-length': '9',
        },
        body: '{"all":1}',
      },
    ]);
    expect(wordsOf(await wire.ask('ACK', { id: '2-1', receipt: '2' }))).toEqual(['RECEIPT 2']);
    await hub.publish('a', 4);
    expect(bodiesOf(await wire.heard())).toEqual(['4']);
  });
});

describe('a user’s own destinations', () => {
  it('reach every session of that user, and nobody else', async () => {
    const { connect } = await stompWorld();
    const [ann, again, bob] = [await connect('ann'), await connect('ann'), await connect('bob')];
    for (const wire of [ann, again, bob])
      await wire.say('SUBSCRIBE', { id: 's', destination: '/user/queue/x' });
    await bob.say('SEND', { destination: '/user/ann/queue/x' }, 'hi');
    for (const wire of [ann, again]) {
      const [message] = await wire.heard();
      expect(message).toMatchObject({ body: 'hi', headers: { destination: '/user/queue/x' } });
    }
    expect(await bob.heard()).toEqual([]);
  });

  it('are kept apart whatever users are called', async () => {
    const { connect, hub } = await stompWorld();
    const names = ['a/b', 'a', '*', '%', '%2F', '**', 'a%2Fb', '이음'];
    const topics: string[] = [];
    await hub.subscribe('stomp-user/**', ({ topic }) => void topics.push(topic));
    for (const name of names) {
      const wire = await connect(name);
      await wire.say('SUBSCRIBE', { id: 's', destination: '/user/q' });
      for (const { identity } of hub.sessions) expect(identity.name).toBe(name);
      await wire.drop();
    }
    const wire = await connect('a/b');
    await wire.say('SUBSCRIBE', { id: 's', destination: '/user/q' });
    await hub.publish('stomp-user/a%2Fb/q', 'x');
    expect(bodiesOf(await wire.heard())).toEqual(['x']);
    expect(topics).toEqual(['stomp-user/a%2Fb/q']);
  });

  it('of who has no name are of their session alone', async () => {
    const { connect, hub } = await stompWorld();
    const [one, two] = [await connect(), await connect()];
    for (const wire of [one, two]) await wire.say('SUBSCRIBE', { id: 's', destination: '/user/q' });
    const [session] = hub.sessions;
    await hub.publish(`stomp-user/%session-${session?.id}/q`, 'x');
    expect([bodiesOf(await one.heard()), bodiesOf(await two.heard())]).toEqual([['x'], []]);
  });
});

describe('is refused with ERROR, and the end:', () => {
  it.each<[name: string, command: string, headers: Record<string, string>, code: string]>([
    ['SUBSCRIBE without a destination', 'SUBSCRIBE', { id: 's' }, 'ERR_STOMP_MISSING_HEADER'],
    ['SUBSCRIBE without an id', 'SUBSCRIBE', { destination: '/topic/a' }, 'ERR_STOMP_MISSING_HEADER'],
    [
      'SUBSCRIBE to nothing that is',
      'SUBSCRIBE',
      { id: 's', destination: '/other/a' },
      'ERR_STOMP_UNKNOWN_DESTINATION',
    ],
    [
      'SUBSCRIBE to no topic',
      'SUBSCRIBE',
      { id: 's', destination: '/topic/' },
      'ERR_STOMP_UNKNOWN_DESTINATION',
    ],
    [
      'SUBSCRIBE to a topic that cannot be',
      'SUBSCRIBE',
      { id: 's', destination: '/topic/a//b' },
      'ERR_HUB_INVALID_TOPIC',
    ],
    [
      'SUBSCRIBE to another user',
      'SUBSCRIBE',
      { id: 's', destination: '/topic/stomp-user/bob/q' },
      'ERR_STOMP_UNKNOWN_DESTINATION',
    ],
    [
      'SUBSCRIBE to what is not allowed',
      'SUBSCRIBE',
      { id: 's', destination: '/topic/secret' },
      'ERR_HUB_FORBIDDEN',
    ],
    [
      'SUBSCRIBE with an ack that is none',
      'SUBSCRIBE',
      { ...topicA, ack: 'never' },
      'ERR_STOMP_INVALID_HEADER',
    ],
    ['SUBSCRIBE from no position', 'SUBSCRIBE', { ...topicA, 'ieum-since': '5' }, 'ERR_HUB_INVALID_POSITION'],
    [
      'SUBSCRIBE to a pattern from a position',
      'SUBSCRIBE',
      { id: 's', destination: '/topic/*', 'ieum-since': '5@a' },
      'ERR_HUB_INVALID_POSITION',
    ],
    [
      'SUBSCRIBE with an id in use',
      'SUBSCRIBE',
      { id: 'used', destination: '/topic/b' },
      'ERR_STOMP_ALREADY_IN_USE',
    ],
    ['UNSUBSCRIBE without an id', 'UNSUBSCRIBE', { destination: '/topic/used' }, 'ERR_STOMP_MISSING_HEADER'],
    ['UNSUBSCRIBE of nothing', 'UNSUBSCRIBE', { id: 'x' }, 'ERR_STOMP_UNKNOWN_SUBSCRIPTION'],
    ['SEND without a destination', 'SEND', {}, 'ERR_STOMP_MISSING_HEADER'],
    ['SEND to a pattern', 'SEND', { destination: '/topic/*' }, 'ERR_HUB_INVALID_TOPIC'],
    ['SEND to nobody', 'SEND', { destination: '/user/ann' }, 'ERR_STOMP_UNKNOWN_DESTINATION'],
    ['SEND to what is not allowed', 'SEND', { destination: '/topic/secret' }, 'ERR_HUB_FORBIDDEN'],
    [
      'SEND in no transaction',
      'SEND',
      { destination: '/topic/a', transaction: 't' },
      'ERR_STOMP_UNKNOWN_TRANSACTION',
    ],
    [
      'SEND with too many headers of its own',
      'SEND',
      { destination: '/topic/a', ...Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`h${i}`, ''])) },
      'ERR_HUB_INVALID_HEADER',
    ],
    ['COMMIT of nothing', 'COMMIT', { transaction: 't' }, 'ERR_STOMP_UNKNOWN_TRANSACTION'],
    ['COMMIT without a name', 'COMMIT', {}, 'ERR_STOMP_MISSING_HEADER'],
    ['ABORT of nothing', 'ABORT', { transaction: 't' }, 'ERR_STOMP_UNKNOWN_TRANSACTION'],
    ['BEGIN of what is begun', 'BEGIN', { transaction: 'used' }, 'ERR_STOMP_ALREADY_IN_USE'],
    ['ACK without an id', 'ACK', {}, 'ERR_STOMP_MISSING_HEADER'],
    ['ACK of nothing', 'ACK', { id: '1-1' }, 'ERR_STOMP_UNKNOWN_MESSAGE'],
    ['NACK of nothing', 'NACK', { id: 'x' }, 'ERR_STOMP_UNKNOWN_MESSAGE'],
  ])('%s', async (_name, command, headers, code) => {
    const { connect, hub } = await stompWorld({ authorize: (_action, topic) => topic !== 'secret' });
    const wire = await connect('ann');
    await wire.say('SUBSCRIBE', { id: 'used', destination: '/topic/used' });
    await wire.say('BEGIN', { transaction: 'used' });
    const heard = await wire.ask(command, { ...headers, receipt: '7' });
    expect(wordsOf(heard)).toEqual([`ERROR ${code}`, expect.stringMatching(/^close 10(02|08)$/)]);
    expect(heard[0]?.headers['receipt-id']).toBe('7');
    expect(hub.sessions.size).toBe(0);
  });

  it('one subscription more than may be', async () => {
    const { connect } = await stompWorld({}, { maxSubscriptions: 2 });
    const wire = await connect();
    for (const id of ['1', '2']) await wire.say('SUBSCRIBE', { id, destination: `/queue/${id}` });
    expect(wordsOf(await wire.ask('SUBSCRIBE', topicA))[0]).toBe('ERROR ERR_HUB_TOO_MANY_SUBSCRIPTIONS');
  });

  it('a subscription whose right is gone', async () => {
    let isAllowed = true;
    const { connect, hub } = await stompWorld({ authorize: () => isAllowed });
    const wire = await connect('ann');
    await wire.say('SUBSCRIBE', topicA);
    isAllowed = false;
    for (const session of hub.sessions) await session.renew({ name: 'ann', user: 'ann' });
    expect(wordsOf(await wire.heard())).toEqual(['ERROR ERR_HUB_FORBIDDEN', 'close 1008']);
  });
});
