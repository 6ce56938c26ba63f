import { expect, test } from 'vitest';

import { type ClientPath, casePath, parseClientPath } from './client-protocol.js';

test.each<[string, ClientPath | null]>([
  ['/cases', { type: 'cases' }],
  ['/cases?agent=x', { type: 'cases' }],
  ['/case/framing/ping/125?agent=me%201.2', { type: 'case', id: 'framing/ping/125', agent: 'me 1.2' }],
  ['/case/framing%2Fping', { type: 'case', id: 'framing/ping', agent: null }],
  ['/done?agent=me', { type: 'done', agent: 'me' }],
  ['/done', { type: 'done', agent: null }],
  ['/case/%', null],
  ['/', null],
  ['', null],
  ['/cases/', null],
])('%s', (target, path) => {
  expect(parseClientPath(target)).toEqual(path);
});

test('a path is read as it was made', () => {
  expect(parseClientPath(casePath('a/b', 'ieum & co'))).toEqual({
    type: 'case',
    id: 'a/b',
    agent: 'ieum & co',
  });
});

test('the name of an agent has an end', () => {
  expect(parseClientPath(`/done?agent=${'x'.repeat(5_000)}`)).toMatchObject({ agent: 'x'.repeat(100) });
});
