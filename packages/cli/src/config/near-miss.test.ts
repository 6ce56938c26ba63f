import { expect, test } from 'vitest';

import { nearMiss } from './near-miss.js';

const names = ['host', 'port', 'maxMessageBytes', 'maxFragments', 'allowOrigin', 'topics'];

test.each([
  ['hots', 'host'],
  ['prt', 'port'],
  ['max-message-bytes', 'maxMessageBytes'],
  ['MAX_FRAGMENTS', 'maxFragments'],
  ['allowOrigins', 'allowOrigin'],
  ['topic', 'topics'],
])('%s may have been meant for %s', (written, name) => {
  expect(nearMiss(written, names)).toBe(` (did you mean "${name}"?)`);
});

test.each(['x', 'completely-else', '', 'maxMsg'])('nothing is like "%s"', (written) => {
  expect(nearMiss(written, names)).toBe('');
});
