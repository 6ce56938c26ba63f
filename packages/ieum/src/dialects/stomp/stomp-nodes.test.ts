import { expect, test } from 'vitest';

import { bodiesOf, stompWorld } from '../../../../../test/support/stomp-world.js';
import { MemoryBroker, MemoryExchange } from '../../hub/index.js';

/** Two servers with a broker between them. */
async function twoNodes() {
  const exchange = new MemoryExchange({ now: () => 1, createEpoch: () => 'e' });
  const node = () => stompWorld({ broker: new MemoryBroker({ exchange }) });
  return [await node(), await node()] as const;
}

test('topics and users are on all servers, queues on each', async () => {
  const [one, two] = await twoNodes();
  const [ann, bob] = [await one.connect('ann'), await two.connect('bob')];
  for (const destination of ['/topic/a', '/user/queue/x', '/queue/q']) {
    await ann.say('SUBSCRIBE', { id: destination, destination });
  }
  for (const destination of ['/topic/a', '/user/ann/queue/x', '/queue/q']) {
    await bob.say('SEND', { destination }, destination);
  }
  expect(bodiesOf(await ann.heard()).sort()).toEqual(['/topic/a', '/user/ann/queue/x']);
  expect(bodiesOf(await bob.ask('SUBSCRIBE', { id: 's', destination: '/queue/q' }))).toEqual(['/queue/q']);
});

test('who comes back to another server gets what they missed', async () => {
  const [one, two] = await twoNodes();
  const before = await one.connect('ann');
  await before.say('SUBSCRIBE', { id: 's', destination: '/topic/a' });
  await one.hub.publish('a', '1');
  const [message] = await before.heard();
  await before.drop();
  await one.hub.publish('a', '2');
  const after = await two.connect('ann');
  const since = message?.headers['ieum-position'] ?? '';
  const heard = await after.ask('SUBSCRIBE', { id: 's', destination: '/topic/a', 'ieum-since': since });
  expect(bodiesOf(heard)).toEqual(['2']);
});
