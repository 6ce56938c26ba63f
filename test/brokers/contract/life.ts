import { expect, test } from 'vitest';

import { draftOf, kept, notKept, type Stage } from '../broker-stage.js';
import { RecordingSink } from '../recording-sink.js';

/** The first and the last call. */
export function lifeContract(given: () => Stage): void {
  test('a broker that was opened is ready, and one that was not is not', async () => {
    const broker = await given().harness.createBroker();
    expect(broker.isReady).toBe(false);
    await broker.open(new RecordingSink());
    expect(broker.isReady).toBe(true);
    await broker.close();
    expect(broker.isReady).toBe(false);
  });

  test('a broker is opened once', async () => {
    const { broker, sink } = await given().node();
    const second = new RecordingSink();
    await expect(broker.open(second)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    const topic = given().topic();
    await broker.follow(topic, kept);
    await broker.publish(draftOf(topic, 'a'), kept);
    await sink.untilText(topic, 'a');
    expect(second.events).toEqual([]);
  });

  test('a closed broker takes nothing, and gives nothing', async () => {
    const [node, other] = await given().pair();
    const topics = [given().topic('a'), given().topic('a')];
    for (const topic of topics) {
      for (const { broker } of [node, other])
        await broker.follow(topic, topic === topics[0] ? kept : notKept);
    }
    await node.broker.followPattern('test/**');
    given().release(node.broker);
    await node.broker.close();
    const known = node.sink.events.length;
    const calls = [
      node.broker.publish(draftOf(topics[0] as string, 'late'), kept),
      node.broker.follow(given().topic(), kept),
      node.broker.history(topics[0] as string, kept, { since: null, limit: 1 }),
    ];
    const outcomes = await Promise.allSettled(calls);
    for (const outcome of outcomes) {
      const code: unknown = outcome.status === 'rejected' ? outcome.reason.code : outcome.status;
      expect(code).toMatch(/^ERR_HUB_(CLOSED|UNAVAILABLE)$/);
    }
    for (const [at, topic] of topics.entries()) {
      await other.broker.publish(draftOf(topic, 'end'), at === 0 ? kept : notKept);
      await other.sink.untilText(topic, 'end');
      expect(other.sink.texts(topic)).toEqual(['end']);
    }
    expect(node.sink.events.length).toBe(known);
  });

  test('what one node has published is there for the next after it closed', async () => {
    const first = await given().node();
    const topic = given().topic();
    const since = await first.broker.follow(topic, kept);
    await first.broker.publish(draftOf(topic, 'a'), kept);
    given().release(first.broker);
    await first.broker.close();
    const second = await given().node();
    const page = await second.broker.history(topic, kept, { since, limit: 10 });
    expect([page.publications.map(({ text }) => text), page.isContinuous]).toEqual([['a'], true]);
  });
}
