/**
 * Keeps objects that are at rest for whoever needs one next. Connections that use one only while they read or write share
 * them that way: they cost an idle connection nothing, and where there are thousands, the one used last is still in the caches.
 */
export class Spares<Value> {
  readonly #create: () => Value;
  readonly #most: number;
  readonly #kept: Value[] = [];

  /** @param most how many are kept */
  constructor(create: () => Value, most: number) {
    this.#create = create;
    this.#most = most;
  }

  take(): Value {
    return this.#kept.pop() ?? this.#create();
  }

  /** Whoever gives an object back must let go of it, hence the null. */
  give(value: Value): null {
    if (this.#kept.length < this.#most) this.#kept.push(value);
    return null;
  }
}
