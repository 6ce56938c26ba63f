import { expect, test } from 'vitest';

import { Gate } from './gate.js';

test('so many run at a time, and all of them run, those that fail too', async () => {
  const gate = new Gate(3);
  let [running, most] = [0, 0];
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, at) =>
      gate.run(async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (at % 4 === 0) throw new Error('failed');
        return at;
      }),
    ),
  );
  expect([running, most]).toEqual([0, 3]);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5);
});
