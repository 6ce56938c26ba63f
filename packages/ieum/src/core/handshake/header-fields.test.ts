import { describe, expect, it } from 'vitest';

import { HeaderFields } from './header-fields.js';

const raw = ['Host', 'a', 'X-One', '1', 'x-one', '2', 'X-ONE', '3'];

describe('HeaderFields', () => {
  it('finds names without regard to case', () => {
    const fields = HeaderFields.fromRaw(raw);
    expect(fields.get('hOsT')).toBe('a');
    expect(fields.has('HOST')).toBe(true);
    expect(fields.has('Hos')).toBe(false);
    expect(fields.get('Accept')).toBeUndefined();
  });

  it('keeps repeated fields in their order', () => {
    const fields = HeaderFields.fromRaw(raw);
    expect(fields.get('x-one')).toBe('1');
    expect(fields.getAll('X-One')).toEqual(['1', '2', '3']);
    expect(fields.getAll('Accept')).toEqual([]);
    expect(fields.size).toBe(4);
  });

  it('never takes a value for a name', () => {
    const fields = HeaderFields.fromRaw(['Via', 'Host', 'Host', 'b']);
    expect(fields.getAll('host')).toEqual(['b']);
    expect(fields.has('b')).toBe(false);
  });

  it('iterates over names as they were written', () => {
    const pairs = [
      ['Host', 'a'],
      ['X-One', '1'],
    ] as const;
    expect([...new HeaderFields(pairs)]).toEqual(pairs);
    expect([...new HeaderFields(new Map(pairs)).entries()]).toEqual(pairs);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'treats %s as a name like any other',
    (name) => {
      expect(new HeaderFields().get(name)).toBeUndefined();
      expect(new HeaderFields().has(name)).toBe(false);
      expect(new HeaderFields([[name, 'x']]).getAll(name)).toEqual(['x']);
    },
  );

  it('ignores a name without a value at the end of a raw array', () => {
    const fields = HeaderFields.fromRaw(['A', '1', 'B']);
    expect(fields.has('B')).toBe(false);
    expect([...fields]).toEqual([['A', '1']]);
  });
});
