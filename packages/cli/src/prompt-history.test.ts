import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { maxLines, openPromptHistory } from './prompt-history.js';

let folder = '';
const file = (): string => join(folder, 'ieum', 'connect-history');
const open = () => openPromptHistory({ XDG_STATE_HOME: folder });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ieum-history-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('lines are there the next time, the newest first, for the owner alone', () => {
  const history = open();
  expect(history.lines).toEqual([]);
  history.add('one');
  history.add('two');
  expect(open().lines).toEqual(['two', 'one']);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test('a line that begins with a space is not kept', () => {
  open().add(' secret');
  open().add('open');
  expect(readFileSync(file(), 'utf8')).toBe('open\n');
});

test('what two sessions type is all there', () => {
  const [first, second] = [open(), open()];
  first.add('from the first');
  second.add('from the second');
  expect(open().lines).toEqual(['from the second', 'from the first']);
});

test('the file is bounded', () => {
  open().add('old');
  writeFileSync(file(), Array.from({ length: maxLines + 100 }, (_, i) => `line ${i}\n`).join(''));
  const { lines } = open();
  expect(lines).toHaveLength(maxLines);
  expect(lines[0]).toBe(`line ${maxLines + 99}`);
  expect(readFileSync(file(), 'utf8').trim().split('\n')).toHaveLength(maxLines);
});

test('a folder that cannot be made is no reason to fail', () => {
  writeFileSync(join(folder, 'ieum'), 'a file is in the way');
  const history = open();
  history.add('lost');
  expect(history.lines).toEqual([]);
});
