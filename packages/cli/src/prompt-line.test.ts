import { expect, test } from 'vitest';

import { parsePromptLine } from './prompt-line.js';

test.each([
  ['hello', { type: 'message', text: 'hello' }],
  ['  kept as typed ', { type: 'message', text: '  kept as typed ' }],
  ['', { type: 'nothing' }],
  ['//etc/passwd', { type: 'message', text: '/etc/passwd' }],
  ['/ping', { type: 'ping', payload: '' }],
  ['/ping a b', { type: 'ping', payload: 'a b' }],
  ['/close', { type: 'close', code: 1000, reason: '' }],
  ['/close 4000', { type: 'close', code: 4000, reason: '' }],
  ['/close 4000 good bye', { type: 'close', code: 4000, reason: 'good bye' }],
  ['/binary 00 ff', { type: 'binary', bytes: Buffer.from([0, 255]) }],
  ['/help', { type: 'help' }],
])('%j', (line, expected) => {
  expect(parsePromptLine(line, false)).toEqual(expected);
});

test.each(['/', '/nope', '/binary 0', '/close now', '/closed'])('%j is a mistake', (line) => {
  expect(parsePromptLine(line, false).type).toBe('mistake');
});

test('with binary messages, lines are hexadecimal', () => {
  expect(parsePromptLine('00ff', true)).toEqual({ type: 'binary', bytes: Buffer.from([0, 255]) });
  expect(parsePromptLine('hello', true).type).toBe('mistake');
  expect(parsePromptLine('/ping', true).type).toBe('ping');
});
