import type { Case } from '../case.js';

/** A case as the file of its group writes it: the group, and whom it judges, are added. */
export interface GroupedCase extends Omit<Case, 'id' | 'group' | 'judges'> {
  /** The id without the group. */
  readonly name: string;
  /** Default both. */
  readonly judges?: Case['judges'];
}

/** The cases of a group, with their ids whole. */
export function casesOf(group: string, entries: readonly GroupedCase[]): readonly Case[] {
  return entries.map(({ name, judges = 'both', ...rest }) => ({
    ...rest,
    id: `${group}/${name}`,
    group,
    judges,
  }));
}
