import { expect, test } from 'vitest';

import { FakeClock } from '../../testing/fake-clock.js';
import { ReadingTurn } from './reading-turn.js';

/** Takes so many messages, each in so much time; counts how often a turn ended. */
async function turnsOf(clock: FakeClock, messages: number, eachMs: number): Promise<number> {
  const turn = new ReadingTurn(clock);
  let turns = 0;
  for (let number = 0; number < messages; number++) {
    clock.stall(eachMs);
    const ended = turn.handleMessage();
    if (ended === undefined) continue;
    turns++;
    clock.advance(0);
    await ended;
  }
  return turns;
}

test.each([
  [1, 10, 0, 0],
  [0.1, 32 * 10, 0, 2],
  [0.02, 100_000, 150, 200],
  [10, 1_000, 0, 0],
])('messages of %d ms each, %d of them: %d to %d turns', async (eachMs, messages, ...expected) => {
  const turns = await turnsOf(new FakeClock(1_000_000), messages, eachMs);
  expect(turns).toBeGreaterThanOrEqual(Math.min(...expected));
  expect(turns).toBeLessThanOrEqual(Math.max(...expected));
});
