import { expect, test } from 'vitest';
import { Progress } from './progress.mjs';

test('what is gone is measured, and what is to go is guessed from it', () => {
  let nowMs = 5000;
  let said = '';
  const progress = new Progress(
    { count: 3, seconds: 60 },
    (text) => {
      said += text;
    },
    () => nowMs,
  );
  progress.begin('first');
  nowMs += 30_000;
  progress.end('120 msgs', 20);
  progress.begin('second');
  nowMs += 45_000;
  progress.end('failed: gone', 20);
  progress.begin('third');
  expect(said.split('\n')).toEqual([
    '[1/3, 0:00 gone, 1:00 to go] first … 120 msgs',
    '[2/3, 0:30 gone, 1:00 to go] second … failed: gone',
    '[3/3, 1:15 gone, 0:38 to go] third … ',
  ]);
});
