import { expect, test } from 'vitest';

import { countMessage, NO_TRAFFIC, takeRate } from './traffic.js';

test('counts messages and bytes of each direction apart', () => {
  const traffic = countMessage(countMessage(NO_TRAFFIC, 'sent', 5), 'received', 7);
  expect(traffic.sent).toMatchObject({ messages: 1, bytes: 5 });
  expect(traffic.received).toMatchObject({ messages: 1, bytes: 7 });
});

test('the rate is of the messages since it was last taken', () => {
  let traffic = takeRate(NO_TRAFFIC, 10_000);
  for (let count = 0; count < 30; count += 1) traffic = countMessage(traffic, 'received', 1);
  expect(takeRate(traffic, 10_100).received.messagesPerSecond).toBe(0);
  traffic = takeRate(traffic, 12_000);
  expect(traffic.received.messagesPerSecond).toBe(15);
  expect(takeRate(traffic, 13_000).received.messagesPerSecond).toBe(0);
});
