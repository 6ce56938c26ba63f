import { expect, test } from 'vitest';

import { StompWire } from '../../../../../test/support/stomp-wire.js';
import { bodiesOf, stompWorld, wordsOf } from '../../../../../test/support/stomp-world.js';
import { seededRandom } from '../../testing/seeded-random.js';

test.each([
  "T(java.lang.Runtime).getRuntime().exec('x')",
  "new java.lang.ProcessBuilder('x').start()",
  "process.exit(1) = 'a'",
  'constructor.constructor(1)() = 1',
  '`x` = 1',
])('CVE-2018-1270, CVE-2018-1275: a selector that is code is no selector: %s', async (selector) => {
  const { connect } = await stompWorld();
  const heard = await (await connect()).ask('SUBSCRIBE', { id: 's', destination: '/topic/a', selector });
  expect(wordsOf(heard)).toEqual(['ERROR ERR_STOMP_INVALID_SELECTOR', 'close 1002']);
});

test('CVE-2018-1257: no selector takes time that grows without bound', async () => {
  const { connect, hub } = await stompWorld();
  const wire = await connect();
  const selector = `v LIKE '${'%a'.repeat(60)}%b' OR v LIKE '${'_%'.repeat(60)}b'`;
  await wire.say('SUBSCRIBE', { id: 's', destination: '/topic/a', selector });
  const started = performance.now();
  await hub.publish('a', 1, { headers: { v: 'a'.repeat(4_000) } });
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(wordsOf(await wire.ask('BEGIN', { transaction: 't', receipt: '1' }))).toEqual(['RECEIPT 1']);
});

test.each([
  'SEND',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'ACK',
  'NACK',
  'BEGIN',
  'COMMIT',
  'ABORT',
  'DISCONNECT',
  'MESSAGE',
  'ERROR',
])('CVE-2025-41254: %s before CONNECT is refused, and does nothing', async (command) => {
  const { route, hub } = await stompWorld();
  const seen: unknown[] = [];
  await hub.subscribe('a', (publication) => void seen.push(publication));
  const wire = new StompWire(route);
  const headers = { id: 's', destination: '/topic/a', transaction: 't', receipt: '1' };
  expect(wordsOf(await wire.ask(command, headers))).toEqual(['ERROR ERR_STOMP_NOT_CONNECTED', 'close 1002']);
  await wire.say('CONNECT', { 'accept-version': '1.2' });
  expect([seen, hub.sessions.size]).toEqual([[], 0]);
});

test('CVE-2025-41254: what comes behind CONNECT waits until it is known who it is', async () => {
  const { route, hub } = await stompWorld({}, { authenticate: async () => null });
  const seen: unknown[] = [];
  await hub.subscribe('a', (publication) => void seen.push(publication));
  const wire = new StompWire(route);
  await wire.sayRaw(
    'CONNECT\naccept-version:1.2\n\n\0SEND\ndestination:/topic/a\n\nx\0',
    'SEND\ndestination:/topic/a\n\ny\0',
  );
  expect(wordsOf(await wire.heard())).toEqual(['ERROR ERR_HUB_UNAUTHENTICATED', 'close 1008']);
  expect(seen).toEqual([]);
});

test('CVE-2022-22971: whatever is sent is answered by frames, and others are served on', async () => {
  const { route, connect, hub } = await stompWorld();
  const witness = await connect('witness');
  await witness.say('SUBSCRIBE', { id: 's', destination: '/topic/witness' });
  const random = seededRandom(97);
  const pick = (values: readonly string[]) => values[random.below(values.length)] as string;
  const commands =
    'SEND SUBSCRIBE UNSUBSCRIBE ACK NACK BEGIN COMMIT ABORT DISCONNECT CONNECT STOMP HELLO'.split(' ');
  const names =
    'destination id ack receipt transaction selector content-length heart-beat subscription message-id ieum-since __proto__ \\x'.split(
      ' ',
    );
  const values = [
    '/topic/a',
    '/queue/a',
    '/user/a/b',
    'client',
    'client-individual',
    '1',
    '1-1',
    't',
    '-1',
    '',
    'a = 1',
    '5@x',
    '/topic/**',
    '\\',
    '%',
  ];
  for (let round = 0; round < 150; round++) {
    const wire = random.below(4) === 0 ? new StompWire(route) : await connect('fuzz');
    const frames = Array.from({ length: 1 + random.below(12) }, () => {
      const headers = Array.from({ length: random.below(5) }, () => `${pick(names)}:${pick(values)}\n`);
      return `${pick(commands)}\n${headers.join('')}\n${pick(['', '', 'body', '\n'])}\0${pick(['', '\n', '\r\n'])}`;
    });
    const bytes = Buffer.from(frames.join(''));
    if (random.below(3) === 0) bytes[random.below(bytes.length)] = random.below(256);
    const cut = random.below(bytes.length);
    await wire.sayRaw(bytes.subarray(0, cut), bytes.subarray(cut));
    await wire.heard();
    expect(wire.memory.errors).toEqual([]);
    await wire.drop();
  }
  await hub.publish('witness', 'still here');
  expect(bodiesOf(await witness.heard())).toEqual(['still here']);
  expect(hub.sessions.size).toBe(1);
});
