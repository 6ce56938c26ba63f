import { afterEach, expect, test } from 'vitest';

import { createRedisBroker, type RedisBroker } from '../../packages/ieum/src/brokers/redis/index.js';
import type { Position } from '../../packages/ieum/src/hub/position.js';
import { freePort, RedisServer, untilReply } from '../support/redis-server.js';
import {
  draftOf,
  eventually,
  kept,
  type Node,
  notKept,
  publishStubbornly,
  publishTexts,
} from './broker-stage.js';
import { RecordingSink } from './recording-sink.js';

const servers: RedisServer[] = [];
const brokers: RedisBroker[] = [];

afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

test('what a failover loses is a gap for those who follow, and for those who come back', async () => {
  const { master, replica, sentinel } = await startWatched();
  const [publisher, follower] = [await openNode(sentinel), await openNode(sentinel)];
  await follower.broker.follow('t', kept);
  await follower.broker.follow('u', notKept);
  await follower.broker.followPattern('**');
  await publisher.broker.changeMembers('t', [{ type: 'present', user: 'alice', info: null }]);
  await publishTexts(publisher, 't', ['a']);
  await untilReply(replica, 'XLEN ieum:{t}:s', /^:1/);

  // From here on the replica hears nothing, and publications are lost with the master.
  await master.ask('CONFIG SET requirepass nobody-knows\r\nCLIENT KILL TYPE replica');
  await untilReply(replica, 'INFO replication', /master_link_status:down/);
  await publisher.broker.publish(draftOf('t', 'lost'), kept);
  await follower.sink.untilText('t', 'lost');
  const seen = follower.sink.publications('t').at(-1)?.position as Position;
  await master.kill();

  await follower.sink.untilReadiness(false);
  await publishStubbornly(publisher, draftOf('t', 'b'));
  await publishStubbornly(publisher, draftOf('u', 'c'), notKept);
  await follower.sink.untilText('t', 'b');
  expect(follower.sink.texts('t')).toEqual(['a', 'lost', 'b']);
  const page = await follower.broker.history('t', kept, { since: seen, limit: 10 });
  expect([page.isContinuous, page.position.epoch === seen.epoch]).toEqual([false, false]);
  const latest = await follower.broker.history('t', kept, { since: null, limit: 10 });
  expect(latest.publications.map(({ text }) => text)).toEqual(['a', 'b']);
  await follower.sink.until(
    'gaps',
    () => follower.sink.gaps('u').length > 0 && follower.sink.patternGaps > 0,
  );
  expect(follower.sink.gaps('t').length).toBe(1);
  await eventually('alice', async () => (await follower.broker.members('t')).length === 1);
}, 40_000);

async function startWatched() {
  const master = await RedisServer.start();
  const replica = await RedisServer.start({ config: [`replicaof 127.0.0.1 ${master.port}`] });
  servers.push(master, replica);
  await untilReply(replica, 'INFO replication', /master_link_status:up/);
  const sentinel = await RedisServer.start({
    isSentinel: true,
    port: await freePort(),
    config: [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 5000',
    ],
  });
  servers.push(sentinel);
  await untilReply(sentinel, 'SENTINEL REPLICAS main', /^\*1/);
  return { master, replica, sentinel };
}

async function openNode(sentinel: RedisServer): Promise<Node & { readonly broker: RedisBroker }> {
  const broker = createRedisBroker({
    url: `redis+sentinel://127.0.0.1:${sentinel.port}/main`,
    nodeLeaseMs: 1_000,
    maxRetryDelayMs: 200,
  });
  brokers.push(broker);
  const sink = new RecordingSink();
  await broker.open(sink);
  return { broker, sink };
}
