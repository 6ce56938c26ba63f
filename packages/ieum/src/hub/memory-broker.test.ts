import { expect, test } from 'vitest';

import { FakeClock } from '../testing/fake-clock.js';

import type { BrokerSink, Retention } from './broker.js';
import { MemoryBroker } from './memory-broker.js';
import type { PublicationDraft } from './publication.js';

const retention: Retention = { history: { maxMessages: 100, maxAgeMs: 1_000 }, idempotencyMs: 1_000 };

test('what is published is given to the sink before publish returns', async () => {
  const { broker, log } = await opened();
  await broker.follow('a/b', retention);
  await broker.followPattern('a/*');
  log.length = 0;
  const receipt = broker.publish(draft('a/b', '1'), retention);
  expect(log).toEqual(['publication a/b 1 @1', 'pattern a/b 1 @1']);
  expect(await receipt).toEqual({ position: { offset: 1, epoch: 'epoch-1' }, isDuplicate: false });
});

async function opened() {
  const clock = new FakeClock(1_000_000);
  let epochs = 0;
  const log: string[] = [];
  const broker = new MemoryBroker({
    clock,
    now: () => clock.now(),
    createEpoch: () => `epoch-${++epochs}`,
  });
  await broker.open(sinkTo(log));
  return { broker, clock, log };
}

function sinkTo(log: string[]): BrokerSink {
  return {
    handlePublication: ({ topic, text, position }) =>
      log.push(`publication ${topic} ${text} @${position?.offset}`),
    handlePatternPublication: ({ topic, text, position }) =>
      log.push(`pattern ${topic} ${text} @${position?.offset}`),
    handleGap: (topic, position) => log.push(`gap ${topic} @${position?.offset}`),
    handlePatternGap: () => log.push('pattern gap'),
    handleMemberChanges: (topic, node, changes) =>
      log.push(`changes ${topic} ${node} ${changes.map(({ type, user }) => `${type} ${user}`)}`),
    handleMembers: (topic, members) => log.push(`members ${topic} ${members.map(({ user }) => user)}`),
    handleReadiness: (isReady) => log.push(isReady ? 'ready' : 'not ready'),
  };
}

function draft(topic: string, text: string, key: string | null = null): PublicationDraft {
  const payload = new TextEncoder().encode(text);
  return { topic, format: 'text', payload, headers: {}, publisher: null, id: crypto.randomUUID(), key };
}
