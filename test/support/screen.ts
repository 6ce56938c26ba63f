/** What a terminal shows after the output of a program: just enough of it for a line editor. */
export class Screen {
  readonly #columns: number;
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Lines from the top, without blanks at their ends and empty lines at the bottom. */
  get lines(): string[] {
    const lines = this.#rows.map((row) =>
      Array.from(row, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(output: string): void {
    for (const [token] of output.matchAll(tokens)) {
      if (token.startsWith('\u001b')) this.#control(token);
      else this.#put(token);
    }
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#moveTo(this.#row + 1, this.#column);
    else if (character === '\b') this.#column = Math.max(0, this.#column - 1);
    else if (character >= ' ') {
      if (this.#column >= this.#columns) this.#moveTo(this.#row + 1, 0);
      const row = this.#rows[this.#row] ?? [];
      row[this.#column] = character;
      this.#column++;
    }
  }

  #control(sequence: string): void {
    const count = Number.parseInt(sequence.slice(2), 10);
    const [row, column] = [this.#row, this.#column];
    const steps = count || 1;
    switch (sequence.at(-1)) {
      case 'A':
        this.#moveTo(row - steps, column);
        break;
      case 'B':
        this.#moveTo(row + steps, column);
        break;
      case 'C':
        this.#moveTo(row, column + steps);
        break;
      case 'D':
        this.#moveTo(row, column - steps);
        break;
      case 'G':
        this.#moveTo(row, steps - 1);
        break;
      case 'J':
        this.#rows.length = row + 1;
        this.#rows[row]?.splice(column);
        break;
      case 'K':
        this.#rows[row]?.splice(column);
    }
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.max(0, row);
    this.#column = Math.min(Math.max(0, column), this.#columns);
    while (this.#rows.length <= this.#row) this.#rows.push([]);
  }
}

/** A control sequence, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const tokens = /\u001b\[[\d;?]*[A-Za-z]|./gsu;
