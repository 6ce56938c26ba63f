/** Where a text that is no JSON stops being some, counted from 0: the platform does not always tell. */
export function faultOffset(text: string): number {
  const scanner = new Scanner(text);
  scanner.skipValue();
  return scanner.offset;
}

/** A line and a column in it, both from 1 on. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

/** Each method says whether it found what it is about; where it did not, `offset` stays at the fault. */
class Scanner {
  offset = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  skipValue(): boolean {
    this.#skip(space);
    const next = this.#text[this.offset];
    if (next === '{') return this.#skipList('}', () => this.#skipMember());
    if (next === '[') return this.#skipList(']', () => this.skipValue());
    const isValue = this.#skip(literal) && this.#skip(space);
    return isValue;
  }

  #skipMember(): boolean {
    this.#skip(space);
    return this.#skip(string) && this.#skip(space) && this.#skipCharacter(':') && this.skipValue();
  }

  #skipList(end: string, skipEntry: () => boolean): boolean {
    this.offset++;
    this.#skip(space);
    if (this.#skipCharacter(end)) return this.#skip(space);
    do {
      if (!skipEntry()) return false;
    } while (this.#skipCharacter(','));
    return this.#skipCharacter(end) && this.#skip(space);
  }

  #skipCharacter(character: string): boolean {
    if (this.#text[this.offset] !== character) return false;
    this.offset++;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    const match = new RegExp(pattern, 'y');
    match.lastIndex = this.offset;
    const isThere = match.test(this.#text);
    if (isThere) this.offset = match.lastIndex;
    return isThere;
  }
}

const space = /[ \t\r\n]*/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they may not stand in a string
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/;
const literal = new RegExp(
  `${string.source}|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null`,
);
