import fc from 'fast-check';
import { expect, test } from 'vitest';

import { TextMessage } from '../../core/message.js';
import { Inbox } from './inbox.js';

const messageOf = (text: string) => TextMessage.of(text);

test('messages are handed over in order, once, whatever takes how long, and then the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.tuple(fc.string(), fc.boolean()), { maxLength: 5 }), { maxLength: 10 }),
      fc.array(fc.boolean()),
      async (batches, pauses) => {
        const slow = new Map(batches.flat());
        const seen: string[] = [];
        let finish: () => void = () => {};
        const finished = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const inbox = new Inbox({
          messageOf,
          consume: ({ data }) => {
            seen.push(String(data));
            return slow.get(String(data)) ? Promise.resolve() : undefined;
          },
          handleFinished: () => {
            seen.push('the end');
            finish();
          },
        });
        for (const [i, batch] of batches.entries()) {
          if (pauses[i]) inbox.pause();
          else inbox.resume();
          inbox.receive(batch.map(([text]) => text));
          await null;
        }
        inbox.resume();
        inbox.end(false);
        await finished;
        expect(seen).toEqual([...batches.flat().map(([text]) => text), 'the end']);
        inbox.receive(['late']);
        expect(seen.at(-1)).toBe('the end');
      },
    ),
    { numRuns: 50 },
  );
});

test('whoever sends waits beyond a mebibyte, until there is room or no need', async () => {
  const waiting: (() => void)[] = [];
  const inbox = new Inbox({
    messageOf,
    consume: () => new Promise<void>((resolve) => waiting.push(resolve)),
    handleFinished: () => {},
  });
  const large = 'x'.repeat(400_000);
  expect(inbox.receive([large])).toBeUndefined();
  expect(inbox.receive([large])).toBeUndefined();
  const room = inbox.receive([large]);
  expect([room, inbox.isFull]).toEqual([expect.any(Promise), true]);
  waiting.shift()?.();
  await room;
  const second = inbox.receive([large]);
  inbox.end(true);
  await second;
  expect(inbox.isFull).toBe(false);
});

test('iterators get what comes, what has come, and the end', async () => {
  const inbox = new Inbox({ messageOf, consume: null, handleFinished: () => {} });
  const early = inbox.next();
  inbox.receive(['a', 'b']);
  expect((await early).value.data).toBe('a');
  const rest: unknown[] = [];
  inbox.receive(['c']);
  inbox.end(false);
  for await (const { data } of inbox) rest.push(data);
  expect(rest).toEqual(['b', 'c']);
  expect(await inbox.next()).toEqual({ done: true, value: undefined });
});

test('many messages are taken in a time that grows no faster than they do', () => {
  let count = 0;
  const inbox = new Inbox({ messageOf, consume: () => void count++, handleFinished: () => {} });
  inbox.pause();
  inbox.receive(Array.from({ length: 200_000 }, () => ''));
  const before = performance.now();
  inbox.resume();
  expect(count).toBe(200_000);
  expect(performance.now() - before).toBeLessThan(5_000);
});
