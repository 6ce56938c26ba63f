/** The name that somebody may have meant, as ` (did you mean "port"?)`; empty when none is like it. */
export function nearMiss(written: string, names: Iterable<string>): string {
  let best: string | null = null;
  let least = Math.min(3, Math.ceil(written.length / 2.5));
  for (const name of names) {
    const edits = editsBetween(plain(written), plain(name), least);
    if (edits > least || (edits === least && best !== null)) continue;
    least = edits;
    best = name;
  }
  return best === null ? '' : ` (did you mean ${JSON.stringify(best)}?)`;
}

/** Names that differ by how words are joined are the same: `max-fragments`, `max_fragments`, `maxFragments`. */
function plain(name: string): string {
  return name.replace(/[-_\s]/g, '').toLowerCase();
}

/** How many letters have to be put in, left out, changed or swapped; more than `most` when it is more. */
function editsBetween(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1;
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let edits = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwapped) edits = Math.min(edits, at(before, j - 2) + 1);
      next.push(edits);
    }
    before = row;
    row = next;
  }
  return at(row, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
