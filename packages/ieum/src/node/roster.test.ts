import { describe, expect, test } from 'vitest';

import { type Listed, Roster } from './roster.js';

interface Named extends Listed {
  readonly name: string;
}

function rosterOf(names: string): { roster: Roster<Named>; entries: Map<string, Named> } {
  const roster = new Roster<Named>();
  const entries = new Map([...names].map((name) => [name, { name, place: null } as Named]));
  for (const entry of entries.values()) roster.add(entry);
  return { roster, entries };
}

function namesOn(roster: Roster<Named>): string {
  return [...roster].map(({ name }) => name).join('');
}

describe('a roster', () => {
  test.each([
    ['', 'abcd'],
    ['a', 'dbc'],
    ['b', 'adc'],
    ['d', 'abc'],
    ['ad', 'cb'],
    ['dcb', 'a'],
    ['cc', 'abd'],
    ['abcd', ''],
  ])('that %j left has %j', (leaving, left) => {
    const { roster, entries } = rosterOf('abcd');
    for (const name of leaving) roster.remove(entries.get(name) as Named);
    expect([namesOn(roster), roster.size]).toEqual([left, left.length]);
    expect([...entries.values()].filter(({ place }) => place !== null).length).toBe(left.length);
  });

  test('takes one back who left', () => {
    const { roster, entries } = rosterOf('ab');
    const entry = entries.get('a') as Named;
    roster.remove(entry);
    roster.add(entry);
    roster.remove(entries.get('b') as Named);
    expect(namesOn(roster)).toBe('a');
  });

  test('tells each once while some leave and others come', () => {
    const { roster, entries } = rosterOf('abcdef');
    const told: string[] = [];
    for (const { name } of roster) {
      told.push(name);
      if (name === 'b') for (const gone of 'ae') roster.remove(entries.get(gone) as Named);
      if (name === 'c') roster.add({ name: 'g', place: null });
    }
    expect(told.join('')).toBe('abcdf');
    expect([...namesOn(roster)].sort().join('')).toBe('bcdfg');
  });

  test('of many who come and go in any order loses nobody', () => {
    const { roster, entries } = rosterOf('abcdefghijklmnopqrstuvwxyz');
    const present = new Set(entries.keys());
    for (let step = 0; step < 2_000; step++) {
      const entry = [...entries.values()][(step * 7_919) % entries.size] as Named;
      if (present.delete(entry.name)) roster.remove(entry);
      else {
        present.add(entry.name);
        roster.add(entry);
      }
    }
    expect([...namesOn(roster)].sort()).toEqual([...present].sort());
  });
});
