import type { Colors } from '../colors.js';

/** A stretch of a run. */
export interface Phase {
  /** What is done, as `opening 100 connections`. */
  readonly title: string;
  /** How much of it is done, from 0 to 1, and a word on it; asked for whenever it is drawn. */
  readonly state: () => { readonly share: number; readonly detail: string };
}

/** Shows how far a run is: a bar in a terminal, a line for each phase elsewhere. */
export class ProgressView {
  readonly #stream: NodeJS.WriteStream;
  readonly #colors: Colors;
  #drawing: NodeJS.Timeout | null = null;

  constructor(stream: NodeJS.WriteStream, colors: Colors) {
    this.#stream = stream;
    this.#colors = colors;
  }

  /** Shows a phase in place of the one before. */
  begin(phase: Phase): void {
    this.end();
    if (!this.#stream.isTTY) {
      this.note(phase.title);
      return;
    }
    this.#draw(phase);
    this.#drawing = setInterval(() => this.#draw(phase), drawIntervalMs);
  }

  /** Writes a line that stays. */
  note(text: string): void {
    this.end();
    this.#stream.write(`${text}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#drawing === null) return;
    clearInterval(this.#drawing);
    this.#drawing = null;
    this.#stream.write(eraseLine);
  }

  #draw({ title, state }: Phase): void {
    const { share, detail } = state();
    const columns = this.#stream.columns ?? 80;
    this.#stream.write(eraseLine + formatBar({ title, detail, share, columns }, this.#colors));
  }
}

/** One line with a bar that fits into a terminal. */
export function formatBar(
  bar: { title: string; detail: string; share: number; columns: number },
  colors: Colors,
): string {
  const share = Math.min(1, Math.max(0, bar.share));
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  const words = ` ${percent} %  ${bar.title}${bar.detail === '' ? '' : `  ${bar.detail}`}`;
  const width = Math.max(0, Math.min(maxBarWidth, bar.columns - words.length - 1));
  const filled = Math.round(share * width);
  const line = colors.cyan('█'.repeat(filled)) + colors.dim('░'.repeat(width - filled));
  return line + words.slice(0, Math.max(0, bar.columns - width - 1));
}

const eraseLine = '\r\u001b[2K';
const drawIntervalMs = 100;
const maxBarWidth = 30;
