/** Values by pattern, found by the topics that match: what it costs depends on the topic's levels, not on how many patterns there are. */
export class PatternTree<Value> {
  readonly #root = new Branch<Value>();
  #size = 0;

  /** How many values there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a value under a checked pattern; once, however often it is added. */
  add(pattern: string, value: Value): void {
    let branch = this.#root;
    for (const level of pattern.split('/')) branch = branch.grow(level);
    if (branch.values.has(value)) return;
    branch.values.add(value);
    this.#size++;
  }

  delete(pattern: string, value: Value): void {
    const path = [this.#root];
    const levels = pattern.split('/');
    for (const level of levels) {
      const next = path.at(-1)?.branches.get(level);
      if (next === undefined) return;
      path.push(next);
    }
    if (!path.at(-1)?.values.delete(value)) return;
    this.#size--;
    for (let depth = levels.length; depth > 0 && path[depth]?.isBare; depth--) {
      path[depth - 1]?.branches.delete(levels[depth - 1] as string);
    }
  }

  /** The values whose patterns stand for a topic. */
  matching(topic: string): readonly Value[] {
    if (this.#size === 0) return none;
    const found: Value[] = [];
    collect(this.#root, topic.split('/'), 0, found);
    return found;
  }
}

class Branch<Value> {
  readonly branches = new Map<string, Branch<Value>>();
  readonly values = new Set<Value>();

  get isBare(): boolean {
    return this.branches.size === 0 && this.values.size === 0;
  }

  grow(level: string): Branch<Value> {
    const known = this.branches.get(level);
    if (known !== undefined) return known;
    const branch = new Branch<Value>();
    this.branches.set(level, branch);
    return branch;
  }
}

function collect<Value>(
  branch: Branch<Value>,
  levels: readonly string[],
  depth: number,
  found: Value[],
): void {
  if (depth === levels.length) {
    found.push(...branch.values);
    return;
  }
  const rest = branch.branches.get('**');
  if (rest !== undefined) found.push(...rest.values);
  const any = branch.branches.get('*');
  if (any !== undefined) collect(any, levels, depth + 1, found);
  const exact = branch.branches.get(levels[depth] as string);
  if (exact !== undefined) collect(exact, levels, depth + 1, found);
}

const none: readonly never[] = [];
