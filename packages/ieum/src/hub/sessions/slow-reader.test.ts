import { expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { createHub, type Hub } from '../hub.js';
import type { TopicPolicy } from '../topic-policy.js';

async function withSlowReader(
  policy: TopicPolicy,
  scenario: (parts: { hub: Hub; reader: RecordingSubscriber; settle: () => Promise<void> }) => Promise<void>,
): Promise<void> {
  const hub = createHub({ topics: { '**': policy } });
  await hub.open();
  const reader = new RecordingSubscriber();
  const session = hub.openSession({ name: 'slow', user: null }, reader);
  await session.subscribe('a', {}, () => {});
  reader.stopReading();
  await hub.publish('a', 'first');
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  try {
    await scenario({ hub, reader, settle });
  } finally {
    await hub.close();
  }
}

async function publishAll(hub: Hub, texts: readonly string[]): Promise<string[]> {
  const results: string[] = [];
  for (const text of texts) {
    const { delivered, queued, dropped } = await hub.publish('a', text);
    results.push(`${delivered}/${queued}/${dropped}`);
  }
  return results;
}

test('wait, with history: what was published meanwhile is read from there, in order', () =>
  withSlowReader({ slowReader: 'wait' }, async ({ hub, reader, settle }) => {
    expect(await publishAll(hub, ['b', 'c'])).toEqual(['0/1/0', '0/1/0']);
    expect(reader.log).toEqual(['first']);
    reader.readAgain();
    await settle();
    await publishAll(hub, ['d']);
    expect(reader.log).toEqual(['first', 'b', 'c', 'd']);
  }));

test('wait, with a history that is too short: a gap, then what is kept', () =>
  withSlowReader({ slowReader: 'wait', history: { maxMessages: 2 } }, async ({ hub, reader, settle }) => {
    await publishAll(hub, ['b', 'c', 'd']);
    reader.readAgain();
    await settle();
    expect(reader.log).toEqual(['first', 'gap expired on a', 'c', 'd']);
    expect(reader.gaps[0]?.position?.offset).toBe(2);
  }));

test('wait, without history: it waits in the hub, and beyond the bound the connection is closed', () =>
  withSlowReader(
    { slowReader: 'wait', history: false, maxQueuedBytes: 1_000 },
    async ({ hub, reader, settle }) => {
      expect(await publishAll(hub, ['b', 'c'])).toEqual(['0/1/0', '0/1/0']);
      reader.readAgain();
      await settle();
      expect(reader.log).toEqual(['first', 'b', 'c']);
      reader.stopReading();
      await publishAll(hub, ['d', 'e', 'f', 'g', 'h']);
      expect(reader.log).toEqual(['first', 'b', 'c', 'd', 'closed 1013']);
      expect(hub.sessions.size).toBe(0);
    },
  ));

test.each([false, {}] as const)('drop-newest tells what was dropped, with history %j', (history) =>
  withSlowReader({ slowReader: 'drop-newest', history }, async ({ hub, reader, settle }) => {
    expect(await publishAll(hub, ['b', 'c'])).toEqual(['0/0/1', '0/0/1']);
    reader.readAgain();
    await settle();
    await publishAll(hub, ['d']);
    expect(reader.log).toEqual(['first', 'gap slow-reader on a', 'd']);
    expect(reader.gaps[0]?.missed).toBe(2);
    expect(reader.gaps[0]?.position?.offset).toBe(history === false ? undefined : 3);
  }),
);

test.each([false, {}] as const)('drop-oldest keeps what is new, with history %j', (history) =>
  withSlowReader(
    { slowReader: 'drop-oldest', maxQueuedBytes: 600, history },
    async ({ hub, reader, settle }) => {
      expect(await publishAll(hub, ['b', 'c', 'd'])).toEqual(['0/1/0', '0/1/0', '0/0/1']);
      reader.readAgain();
      await settle();
      await publishAll(hub, ['e']);
      expect(reader.log).toEqual(['first', 'gap slow-reader on a', 'c', 'd', 'e']);
      expect(reader.gaps[0]?.missed).toBe(1);
    },
  ),
);

test('latest: one waits, and each replaces the one before', () =>
  withSlowReader({ slowReader: 'latest' }, async ({ hub, reader, settle }) => {
    await publishAll(hub, ['b', 'c', 'd']);
    reader.readAgain();
    await settle();
    await publishAll(hub, ['e']);
    expect(reader.log).toEqual(['first', 'd', 'e']);
  }));

test('close: the connection is closed at once, with 1013', () =>
  withSlowReader({ slowReader: 'close' }, async ({ hub, reader }) => {
    expect(await publishAll(hub, ['b', 'c'])).toEqual(['0/0/1', '0/0/0']);
    expect(reader.log).toEqual(['first', 'closed 1013']);
  }));

test('a reader who stays slow on one topic holds up nobody else', () =>
  withSlowReader({}, async ({ hub, reader }) => {
    const other = new RecordingSubscriber();
    await hub.openSession({ name: 'fast', user: null }, other).subscribe('a', {}, () => {});
    await publishAll(hub, ['b', 'c']);
    expect([reader.log, other.log]).toEqual([['first'], ['b', 'c']]);
  }));

test('a snapshot replaces what is missing, and what comes meanwhile follows it', async () => {
  let give = (_: string) => {};
  const snapshot = () => new Promise<string>((resolve) => (give = resolve));
  await withSlowReader({ history: { maxMessages: 1 }, snapshot }, async ({ hub, reader, settle }) => {
    await publishAll(hub, ['b', 'c', 'd']);
    reader.readAgain();
    await settle();
    await publishAll(hub, ['e']);
    expect(reader.log).toEqual(['first']);
    give('all of it');
    await settle();
    expect(reader.log).toEqual(['first', 'gap expired on a', 'e']);
    expect(reader.gaps[0]?.snapshot).toBe('all of it');
  });
});
