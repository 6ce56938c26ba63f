import { expect, test } from 'vitest';

import { EMPTY_HISTORY, rememberSent, stepBack, stepForward, textAtCursor } from './send-history.js';

const sent = (...texts: string[]) => texts.reduce(rememberSent, EMPTY_HISTORY);

test('goes back from the newest, stops at the oldest, and returns to the draft', () => {
  let history = stepBack(sent('one', 'two'), 'draft');
  expect(textAtCursor(history)).toBe('two');
  history = stepBack(stepBack(history, 'two'), 'one');
  expect(textAtCursor(history)).toBe('one');
  history = stepForward(stepForward(stepForward(history)));
  expect(textAtCursor(history)).toBe('draft');
});

test('keeps a repeated message once', () => {
  expect(sent('same', 'same', 'other', 'same').entries).toEqual(['same', 'other', 'same']);
});

test('is bounded', () => {
  const history = sent(...Array.from({ length: 80 }, (_, at) => `message ${at}`));
  expect(history.entries).toHaveLength(50);
  expect(textAtCursor(stepBack(history, ''))).toBe('message 79');
});
