import { expect, test } from 'vitest';

import { connectionCases } from './connection-cases.js';

test('no two cases have the same id', () => {
  const ids = connectionCases.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test('ids are lower case words and begin with their group', () => {
  const odd = connectionCases.filter(
    ({ id, group }) => !id.startsWith(`${group}/`) || !/^[a-z0-9]+(?:[-/][a-z0-9]+)*$/.test(id),
  );
  expect(odd.map(({ id }) => id)).toEqual([]);
});

test('every case says what it rests on, what is sent and what is expected', () => {
  const silent = connectionCases.filter(
    ({ clause, title, sends, expects }) => !/^RFC \d{4} §/.test(clause) || !title || !sends || !expects,
  );
  expect(silent.map(({ id }) => id)).toEqual([]);
});

test('no two cases of a group have the same title', () => {
  const titles = connectionCases.map(({ group, title }) => `${group}: ${title}`);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
});
