import { expect, test } from 'vitest';

import { brokerChoiceOf, createBroker, withoutCredentials } from './broker-choice.js';

test.each([
  ['memory', 'memory'],
  ['redis://localhost', 'redis'],
  ['rediss://user:password@a.example:6380/1', 'redis'],
  ['redis+cluster://a:1,b:2', 'redis'],
  ['nats://localhost:4222', 'nats'],
  ['tls://token@a.example', 'nats'],
  ['NATS://a', 'nats'],
])('%s is %s', (address, choice) => {
  expect(brokerChoiceOf(address)).toBe(choice);
});

test.each(['', 'redis', 'redis:/', 'redis://', 'http://user:very-secret@a', 'amqp://a', 'very-secret'])(
  '"%s" is refused, and not repeated',
  (address) => {
    expect(() => brokerChoiceOf(address)).toThrow(
      expect.objectContaining({ exitStatus: 2, message: expect.not.stringContaining('very-secret') }),
    );
  },
);

test('the hub has its own broker in memory', async () => {
  expect(await createBroker('memory')).toBeNull();
});

test.each([
  ['redis://me:pw@h:1/2', 'redis://me:***@h:1/2'],
  ['cannot reach nats://token@a and redis://x:y@b', 'cannot reach nats://***@a and redis://x:***@b'],
  ['redis://h:1/2', 'redis://h:1/2'],
  ['a@b', 'a@b'],
])('withoutCredentials(%s)', (text, expected) => {
  expect(withoutCredentials(text)).toBe(expected);
});
