import { describe, expect, test } from 'vitest';

import { caseOf } from '../../../test/support/judged-peer.js';
import { type Selection, selectCases } from './selection.js';

const ids = [
  'framing/ping',
  'framing/ping/125',
  'framing/pings',
  'utf8/valid/1',
  'utf8/invalid/1',
  'close/a.b',
];
const cases = ids.map((id) => caseOf(() => {}, { id }));

describe('a selection', () => {
  test.each<[Selection, string[]]>([
    [{}, ids],
    [{ only: ['framing'] }, ['framing/ping', 'framing/ping/125', 'framing/pings']],
    [{ only: ['framing/'] }, ['framing/ping', 'framing/ping/125', 'framing/pings']],
    [{ only: ['framing/ping'] }, ['framing/ping', 'framing/ping/125']],
    [{ only: ['*/1'] }, ['utf8/valid/1', 'utf8/invalid/1']],
    [{ only: ['framing/ping?'] }, ['framing/pings']],
    [{ only: ['utf8/valid', 'close'] }, ['utf8/valid/1', 'close/a.b']],
    [{ only: ['close/a.b'] }, ['close/a.b']],
    [{ only: ['close/a?b'] }, ['close/a.b']],
    [{ only: ['close/axb'] }, []],
    [{ only: ['frame'] }, []],
    [{ exclude: ['framing', '*invalid*'] }, ['utf8/valid/1', 'close/a.b']],
    [{ only: ['framing'], exclude: ['framing/ping'] }, ['framing/pings']],
    [{ only: ['(('] }, []],
  ])('%j', (selection, expected) => {
    expect(selectCases(cases, selection).map(({ id }) => id)).toEqual(expected);
  });
});
