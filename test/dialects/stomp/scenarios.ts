import type { Kit } from './kit.js';

/** What the official client does with a server, and what comes of it. Each runs in a page too: it refers to nothing outside itself. */
export interface Scenario {
  readonly name: string;
  readonly expected: unknown;
  run(kit: Kit): Promise<unknown>;
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'connects with the newest version, and is told about the server',
    expected: ['1.2', 'ieum', 'ann', true],
    async run(kit) {
      const { client, connected, end } = await kit.open({
        connectHeaders: { login: 'ann', passcode: 'secret' },
      });
      const { server, session = '', 'user-name': name } = (await connected.next()).headers;
      const version = client.connectedVersion;
      await end();
      return [version, server, name, session !== ''];
    },
  },
  {
    name: 'is refused with a wrong passcode',
    expected: ['ERR_HUB_UNAUTHENTICATED', 1008],
    async run(kit) {
      const { errors, closes, end } = await kit.open({ connectHeaders: { login: 'ann', passcode: 'wrong' } });
      const { headers } = await errors.next();
      const code = await closes.next();
      await end();
      return [headers['ieum-code'], code];
    },
  },
  {
    name: 'gets what it publishes, text of all kinds',
    expected: ['', 'hello', '이음 🚀', 'a\0b', 'line\r\nline\n\n', 'x'.repeat(300_000)],
    async run(kit) {
      const { subscribe, publish, end } = await kit.open();
      const destination = kit.fresh('/topic/text-');
      const inbox = await subscribe(destination);
      const bodies: string[] = [];
      for (const body of ['', 'hello', '이음 🚀', 'a\0b', 'line\r\nline\n\n', 'x'.repeat(300_000)]) {
        await publish(destination, body, { 'content-type': 'text/plain' });
        bodies.push((await inbox.next()).body);
      }
      await end();
      return bodies;
    },
  },
  {
    name: 'gets bytes as they were',
    expected: [true, true, true],
    async run(kit) {
      const { subscribe, publish, end } = await kit.open();
      const destination = kit.fresh('/topic/bytes-');
      const inbox = await subscribe(destination);
      const outcomes: boolean[] = [];
      for (const length of [1, 256, 200_000]) {
        const sent = kit.bytes(length);
        await publish(destination, sent, { 'content-type': 'application/octet-stream' });
        const { binaryBody } = await inbox.next();
        outcomes.push(binaryBody.length === length && binaryBody.every((byte, i) => byte === sent[i]));
      }
      await end();
      return outcomes;
    },
  },
  {
    name: 'sends frames in binary messages, and in pieces',
    expected: [40_000, 40_000],
    async run(kit) {
      const lengths: number[] = [];
      for (const config of [
        { forceBinaryWSFrames: true },
        { splitLargeFrames: true, maxWebSocketChunkSize: 1_024 },
      ]) {
        const { subscribe, publish, end } = await kit.open(config);
        const destination = kit.fresh('/topic/pieces-');
        const inbox = await subscribe(destination);
        await publish(destination, '이'.repeat(40_000), { 'content-type': 'text/plain' });
        lengths.push((await inbox.next()).body.length);
        await end();
      }
      return lengths;
    },
  },
  {
    name: 'gets headers as they were, whatever is in them',
    expected: ['a:b\\x', 'line\nline\r', '/topic', true],
    async run(kit) {
      const { subscribe, publish, end } = await kit.open();
      const destination = kit.fresh('/topic/headers-');
      const inbox = await subscribe(destination);
      await publish(destination, 'x', { one: 'a:b\\x', two: 'line\nline\r' });
      const {
        one,
        two,
        destination: from = '',
        'ieum-position': position = '',
      } = (await inbox.next()).headers;
      await end();
      return [one, two, from.slice(0, 6), /^\d+@.+$/.test(position)];
    },
  },
  {
    name: 'agrees on each version',
    expected: [
      ['1.0', 'x'],
      ['1.1', 'x'],
      ['1.1', 'x'],
      ['1.2', 'x'],
    ],
    async run(kit) {
      const seen: unknown[] = [];
      for (const versions of [['1.0'], ['1.1'], ['1.1', '1.0'], ['1.2', '1.1', '1.0']]) {
        const stompVersions = {
          versions,
          supportedVersions: () => versions.join(','),
          protocolVersions: () => versions.map((version) => `v${version.replace('.', '')}.stomp`),
        };
        const { client, subscribe, publish, end } = await kit.open({ stompVersions });
        const destination = kit.fresh('/topic/version-');
        const inbox = await subscribe(destination);
        await publish(destination, 'x');
        seen.push([client.connectedVersion, (await inbox.next()).body]);
        await end();
      }
      return seen;
    },
  },
  {
    name: 'gets nothing after it has unsubscribed',
    expected: ['before'],
    async run(kit) {
      const { subscribe, publish, receipt, end } = await kit.open();
      const destination = kit.fresh('/topic/unsubscribe-');
      const inbox = await subscribe(destination);
      await publish(destination, 'before');
      await inbox.next();
      const ended = receipt('gone');
      inbox.unsubscribe({ receipt: 'gone' });
      await ended;
      await publish(destination, 'after');
      await end();
      return inbox.items.map(({ body }) => body);
    },
  },
  {
    name: 'acknowledges one by one, and gets again what it refuses',
    expected: [
      ['1', undefined],
      ['2', undefined],
      ['1', 'true'],
    ],
    async run(kit) {
      const { subscribe, publish, end } = await kit.open();
      const destination = kit.fresh('/queue/nack-');
      const inbox = await subscribe(destination, { ack: 'client-individual' });
      for (const body of ['1', '2']) await publish(destination, body);
      const [one, two] = [await inbox.next(), await inbox.next()];
      two.ack();
      one.nack();
      const again = await inbox.next();
      again.ack();
      await end();
      return [one, two, again].map(({ body, headers: { redelivered } }) => [body, redelivered]);
    },
  },
  {
    name: 'leaves to another one what it did not acknowledge',
    expected: ['3'],
    async run(kit) {
      const [one, other] = [await kit.open(), await kit.open()];
      const destination = kit.fresh('/queue/ack-');
      const inbox = await one.subscribe(destination, { ack: 'client' });
      for (const body of ['1', '2', '3']) await other.publish(destination, body);
      await inbox.next();
      const second = await inbox.next();
      const settled = one.receipt('settled');
      second.ack({ receipt: 'settled' });
      await settled;
      await one.end();
      const left = await other.subscribe(destination);
      await left.next();
      await other.end();
      return left.items.map(({ body }) => body);
    },
  },
  {
    name: 'commits a transaction, and aborts one',
    expected: ['committed 1', 'committed 2', 'last'],
    async run(kit) {
      const { client, subscribe, publish, end } = await kit.open();
      const destination = kit.fresh('/topic/transaction-');
      const inbox = await subscribe(destination);
      const aborted = client.begin();
      client.publish({ destination, body: 'aborted', headers: { transaction: aborted.id } });
      aborted.abort();
      const committed = client.begin();
      for (const body of ['committed 1', 'committed 2']) {
        client.publish({ destination, body, headers: { transaction: committed.id } });
      }
      committed.commit();
      await publish(destination, 'last');
      for (let i = 0; i < 3; i++) await inbox.next();
      await end();
      return inbox.items.map(({ body }) => body);
    },
  },
  {
    name: 'is told ERROR and closed for what is wrong',
    expected: ['ERR_STOMP_UNKNOWN_DESTINATION', 'r1', 1002],
    async run(kit) {
      const { client, errors, closes, end } = await kit.open();
      client.publish({ destination: '/nowhere', body: '', headers: { receipt: 'r1' } });
      const { headers } = await errors.next();
      const code = await closes.next();
      await end();
      return [headers['ieum-code'], headers['receipt-id'], code];
    },
  },
  {
    name: 'hears heart-beats, and is heard by its own',
    expected: [true, true],
    async run(kit) {
      const { client, heartBeats, end } = await kit.open({ heartbeatIncoming: 250, heartbeatOutgoing: 250 });
      for (let i = 0; i < 4; i++) await heartBeats.next();
      const { connected } = client;
      const { length } = heartBeats.items;
      await end();
      return [connected, length >= 4];
    },
  },
  {
    name: 'comes back after it was closed, and gets what it missed',
    expected: ['before', 'missed 1', 'missed 2', 'after'],
    async run(kit) {
      const [one, other] = [await kit.open({ reconnectDelay: 50 }), await kit.open()];
      const destination = kit.fresh('/topic/recovery-');
      await one.connected.next();
      const first = await one.subscribe(destination);
      await other.publish(destination, 'before');
      const last = await first.next();
      one.client.publish({ destination: '/nowhere', body: '' });
      await one.closes.next();
      for (const body of ['missed 1', 'missed 2']) await other.publish(destination, body);
      await one.connected.next();
      const second = await one.subscribe(destination, { 'ieum-since': last.headers['ieum-position'] ?? '' });
      await other.publish(destination, 'after');
      for (let i = 0; i < 3; i++) await second.next();
      await one.end();
      await other.end();
      return [...first.items, ...second.items].map(({ body }) => body);
    },
  },
  {
    name: 'reaches a user by name',
    expected: [['/user/queue/mail', 'for ann']],
    async run(kit) {
      const ann = await kit.open({ connectHeaders: { login: 'ann', passcode: 'secret' } });
      const bob = await kit.open({ connectHeaders: { login: 'bob', passcode: 'secret' } });
      const inbox = await ann.subscribe('/user/queue/mail');
      const others = await bob.subscribe('/user/queue/mail');
      await bob.publish('/user/ann/queue/mail', 'for ann');
      await inbox.next();
      await ann.end();
      await bob.end();
      return [...inbox.items, ...others.items].map(({ headers: { destination }, body }) => [
        destination,
        body,
      ]);
    },
  },
  {
    name: 'disconnects in good order',
    expected: [true, 1],
    async run(kit) {
      let frames = 0;
      const { client, closes, end } = await kit.open({ onDisconnect: () => void frames++ });
      await end();
      await closes.next();
      return [!client.connected, frames];
    },
  },
];
