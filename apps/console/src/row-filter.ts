import type { Direction, LogRow } from './frame-log.js';
import { formatHex, parseHex } from './hex.js';

export interface FilterChoice {
  readonly text: string;
  readonly direction: Direction | 'both';
}

/**
 * Decides which rows to show. Text is searched without regard to case; bytes are searched as hex when the text is
 * hex. A verdict is remembered per row, so that a long log costs nothing on the next frame.
 */
export class RowFilter {
  readonly #choice: FilterChoice;
  readonly #needle: string;
  readonly #hexNeedle: string | undefined;
  readonly #verdicts = new WeakMap<LogRow, boolean>();

  constructor(choice: FilterChoice) {
    this.#choice = choice;
    this.#needle = choice.text.toLowerCase();
    const hex = parseHex(choice.text);
    this.#hexNeedle = hex.type === 'bytes' && hex.bytes.length > 0 ? formatHex(hex.bytes) : undefined;
  }

  apply(rows: readonly LogRow[]): readonly LogRow[] {
    if (this.#needle === '' && this.#choice.direction === 'both') return rows;
    return rows.filter((row) => this.#matches(row));
  }

  #matches(row: LogRow): boolean {
    const known = this.#verdicts.get(row);
    if (known !== undefined) return known;
    const verdict = this.#matchesDirection(row) && this.#matchesText(row);
    this.#verdicts.set(row, verdict);
    return verdict;
  }

  #matchesDirection(row: LogRow): boolean {
    if (this.#choice.direction === 'both') return true;
    return row.type !== 'note' && row.direction === this.#choice.direction;
  }

  #matchesText(row: LogRow): boolean {
    if (this.#needle === '') return true;
    if (row.type === 'note') return row.words.toLowerCase().includes(this.#needle);
    if (row.type === 'close') return `${row.code ?? ''} ${row.reason}`.toLowerCase().includes(this.#needle);
    if (typeof row.payload === 'string') return row.payload.toLowerCase().includes(this.#needle);
    return this.#hexNeedle !== undefined && formatHex(row.payload, MAX_HEX_BYTES).includes(this.#hexNeedle);
  }
}

const MAX_HEX_BYTES = 64 * 1024;
