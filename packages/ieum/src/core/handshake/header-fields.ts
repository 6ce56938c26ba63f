/** One field line: a name as it was written, and a value without the whitespace around it. */
export type HeaderField = readonly [name: string, value: string];

/**
 * The header fields of one message, in their order, repeated ones included. Names are compared without regard to case
 * (RFC 9110 §5.1). Lookups read the flat array that a parser made, so a message nobody asks about costs nothing more.
 */
export class HeaderFields implements Iterable<HeaderField> {
  #raw: readonly string[];

  constructor(fields: Iterable<HeaderField> = []) {
    const raw: string[] = [];
    for (const [name, value] of fields) raw.push(name, value);
    this.#raw = raw;
  }

  /** Wraps names and values that take turns in one array, as `rawHeaders` of `node:http` does. It is not copied. */
  static fromRaw(rawHeaders: readonly string[]): HeaderFields {
    const fields = new HeaderFields();
    fields.#raw = rawHeaders;
    return fields;
  }

  /** What `toText` gave. */
  static fromText(text: string): HeaderFields {
    return HeaderFields.fromRaw(text.split('\n'));
  }

  /** The fields of a parsed message as one text, to keep them small: a parsed field has no line break. */
  toText(): string {
    return this.#raw.join('\n');
  }

  /** How many field lines there are. */
  get size(): number {
    return this.#raw.length >>> 1;
  }

  /** The value of the first field line of that name. */
  get(name: string): string | undefined {
    const index = this.#find(name, 0);
    return index === -1 ? undefined : this.#raw[index + 1];
  }

  /** The values of all field lines of that name, in their order. */
  getAll(name: string): readonly string[] {
    const raw = this.#raw;
    let i = this.#find(name, 0);
    if (i === -1) return none;
    const values: string[] = [];
    for (; i !== -1; i = this.#find(name, i + 2)) values.push(raw[i + 1] as string);
    return values;
  }

  /** How many field lines of that name there are. */
  count(name: string): number {
    let count = 0;
    for (let i = this.#find(name, 0); i !== -1; i = this.#find(name, i + 2)) count++;
    return count;
  }

  has(name: string): boolean {
    return this.#find(name, 0) !== -1;
  }

  *entries(): IterableIterator<HeaderField> {
    const raw = this.#raw;
    for (let i = 0; i + 1 < raw.length; i += 2) {
      yield [raw[i] as string, raw[i + 1] as string];
    }
  }

  [Symbol.iterator](): IterableIterator<HeaderField> {
    return this.entries();
  }

  #find(name: string, from: number): number {
    const raw = this.#raw;
    for (let i = from; i + 1 < raw.length; i += 2) {
      if (isSameName(raw[i] as string, name)) return i;
    }
    return -1;
  }
}

/** Most names come as they are asked for: then no text is made to compare them. */
function isSameName(name: string, asked: string): boolean {
  return name.length === asked.length && (name === asked || name.toLowerCase() === asked.toLowerCase());
}

const none: readonly string[] = [];
