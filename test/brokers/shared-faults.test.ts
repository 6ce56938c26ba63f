import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import type { ExchangeBroker } from '../../packages/cli/src/hub/exchange/exchange-broker.js';
import { draftOf, eventually, kept, notKept, numbers, publishTexts } from './broker-stage.js';
import { present, usersOf, watchMembers } from './contract/members.js';
import { RecordingSink } from './recording-sink.js';
import { SharedExchange } from './shared-exchange.js';

interface ExchangeNode {
  readonly broker: ExchangeBroker;
  readonly sink: RecordingSink;
}

let exchange: SharedExchange;
const brokers: ExchangeBroker[] = [];

beforeAll(async () => {
  exchange = await SharedExchange.start();
});
afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
});
afterAll(() => exchange.stop());

async function openNode(name?: string): Promise<ExchangeNode> {
  const broker = await exchange.createBroker(name);
  brokers.push(broker);
  const sink = new RecordingSink();
  await broker.open(sink);
  return { broker, sink };
}

test('a node that does not read holds back who publishes, is cut off, and comes back to all that it missed', async () => {
  const [publisher, stuck, other] = [await openNode(), await openNode(), await openNode()];
  for (const { broker } of [stuck, other]) await broker.follow('large', kept);
  const relay = exchange.relayOf(stuck.broker);
  relay.setPassing(false);
  const block = Buffer.alloc(256 * 1024, 'x').toString();
  let published = 0;
  const publishing = (async () => {
    for (; published < 100; published++) {
      await publisher.broker.publish(draftOf('large', `${published} ${block}`), kept);
    }
  })();
  let before = -1;
  await eventually('publishing has come to a stand', async () => {
    const isStill = published > 0 && published === before;
    before = published;
    await delay(200);
    return isStill;
  });
  expect(published).toBeLessThan(60);
  // Two seconds later it is cut off, and nobody waits for it any more.
  await publishing;
  expect(stuck.sink.texts('large').length).toBeLessThan(100);
  relay.setPassing(true);
  relay.cut(true);
  for (const { sink } of [stuck, other]) {
    await sink.untilTexts('large', 100);
    const texts = sink.texts('large').map((text) => text.split(' ')[0]);
    expect([texts, sink.gaps('large')]).toEqual([Array.from({ length: 100 }, (_, i) => `${i}`), []]);
  }
}, 60_000);

test('however much was missed, all of it comes in order before anything new', async () => {
  const [publisher, follower] = [await openNode(), await openNode()];
  const topics = numbers(40, 'missed/');
  for (const topic of topics) await follower.broker.follow(topic, kept);
  const relay = exchange.relayOf(follower.broker);
  relay.cut(false);
  await follower.sink.untilReadiness(false);
  for (const topic of topics) {
    await Promise.all(numbers(150).map((text) => publisher.broker.publish(draftOf(topic, text), kept)));
  }
  relay.mend();
  const late = topics.map((topic) => publisher.broker.publish(draftOf(topic, 'new'), kept));
  await Promise.all(late);
  await follower.sink.untilReadiness(true);
  for (const topic of topics) {
    await follower.sink.untilText(topic, 'new');
    expect([follower.sink.texts(topic), follower.sink.gaps(topic)]).toEqual([[...numbers(150), 'new'], []]);
  }
});

test('what history does not reach any more is a gap, and what follows it comes', async () => {
  const brief = { ...kept, history: { maxMessages: 5, maxAgeMs: 60_000 } };
  const [publisher, follower] = [await openNode(), await openNode()];
  await follower.broker.follow('brief', brief);
  const relay = exchange.relayOf(follower.broker);
  relay.cut(false);
  await follower.sink.untilReadiness(false);
  const receipts = await publishTexts(publisher, 'brief', numbers(6), brief);
  relay.mend();
  await follower.sink.untilReadiness(true);
  await publishTexts(publisher, 'brief', ['new'], brief);
  await follower.sink.untilText('brief', 'new');
  expect(follower.sink.gaps('brief')).toEqual([receipts[5]?.position]);
  expect(follower.sink.texts('brief')).toEqual(['new']);
});

test('a node that comes back before it was missed is one node, and keeps its members', async () => {
  const [first, other] = [await openNode('twice'), await openNode()];
  const watch = await watchMembers(other, 'rooms/1');
  await first.broker.changeMembers('rooms/1', [present('ann', 1)]);
  await watch.until(['ann 1']);
  // Its connection hangs: the exchange has not heard that it is gone.
  const relay = exchange.relayOf(first.broker);
  relay.leaveHanging();
  await first.sink.untilReadiness(false);
  await first.sink.untilReadiness(true);
  await first.broker.changeMembers('rooms/1', [present('bob', 1)]);
  await watch.until(['ann 1', 'bob 1']);
  relay.endHanging();
  await first.broker.publish(draftOf('rooms/1', 'a'), notKept);
  expect(usersOf(await other.broker.members('rooms/1'))).toEqual(['ann 1', 'bob 1']);
});

test('nobody seems to have left while all come back from a loss of the exchange', async () => {
  const nodes = [await openNode(), await openNode()] as const;
  for (const { broker } of nodes) await broker.followMembers('hall');
  await nodes[0].broker.changeMembers('hall', [present('ann', 1)]);
  await nodes[1].broker.changeMembers('hall', [present('bob', 1)]);
  const since = nodes.map(({ sink }) => sink.events.length);
  exchange.relayOf(nodes[1].broker).cut(false);
  await exchange.kill();
  await exchange.restart();
  await nodes[0].sink.untilReadiness(true);
  // The other takes longer.
  await delay(200);
  exchange.relayOf(nodes[1].broker).mend();
  const untilTold = nodes.map(({ sink }) =>
    sink.until('all members', () => sink.events.some(({ type }) => type === 'members')),
  );
  await Promise.all(untilTold);
  for (const [i, { sink }] of nodes.entries()) {
    const told = sink.events.slice(since[i]);
    const members = told.flatMap((event) => (event.type === 'members' ? [usersOf(event.members)] : []));
    expect(members).toEqual([['ann 1', 'bob 1']]);
    const left = told.filter(
      (event) => event.type === 'changes' && event.changes.some(({ type }) => type === 'absent'),
    );
    expect(left).toEqual([]);
  }
});

test('whoever speaks something else is cut off, and the others do not notice', async () => {
  const node = await openNode();
  const socket = connect(exchange.path);
  socket.write(Buffer.from([0, 0, 0, 1, 0xee]));
  await new Promise((resolve) => socket.on('close', resolve).resume());
  await node.broker.follow('t', kept);
  await publishTexts(node, 't', ['a']);
  await node.sink.untilText('t', 'a');
  expect(node.sink.readiness).toBe(true);
});

test('a broker that is closed before it could open says so', async () => {
  const broker = await exchange.createBroker();
  exchange.relayOf(broker).cut(false);
  const opening = broker.open(new RecordingSink());
  await broker.close();
  await expect(opening).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
});
