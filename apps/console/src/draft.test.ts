import { expect, test } from 'vitest';

import { type Draft, draftSize, readDraft } from './draft.js';

const draft = (change: Partial<Draft>): Draft => ({ mode: 'text', text: '', file: undefined, ...change });
const file = { name: 'two.bin', bytes: new Uint8Array([1, 2]) };

test.each([
  ['text as it stands', draft({ text: '48 69' }), '48 69'],
  ['nothing as an empty text', draft({}), ''],
  ['hex as bytes', draft({ mode: 'hex', text: '48 69' }), new Uint8Array([0x48, 0x69])],
  ['a file before what is typed', draft({ mode: 'hex', text: 'no hex', file }), file.bytes],
])('reads %s', (_name, given, payload) => {
  expect(readDraft(given)).toEqual({ type: 'payload', payload });
});

test('what is no hex is no message', () => {
  expect(readDraft(draft({ mode: 'hex', text: 'no hex' })).type).toBe('invalid');
});

test('every kind of draft has a size of its own', () => {
  const kinds = [draft({ text: '48 69' }), draft({ mode: 'hex', text: '48' }), draft({ file })];
  expect(new Set(kinds.map(draftSize)).size).toBe(kinds.length);
  expect(draftSize(draft({ text: 'é' }))).toBe(draftSize(draft({ text: 'ab' })));
});
