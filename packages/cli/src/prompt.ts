import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';

import type { PromptHistory } from './prompt-history.js';
import { promptCommands } from './prompt-line.js';

export interface PromptOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly history: PromptHistory;
  /** What stands before the line; may have colours. */
  readonly sign: string;
}

export interface PromptHandlers {
  handleLine(line: string): void;
  /** Ctrl-C. */
  handleInterrupt(): void;
  /** Ctrl-D, or the terminal is gone. */
  handleEnd(): void;
}

/** A line editor at the bottom of a terminal, above which lines can be printed while one is typed. */
export class Prompt {
  readonly #options: PromptOptions;
  #editor: Interface | null = null;

  constructor(options: PromptOptions) {
    this.#options = options;
  }

  start(handlers: PromptHandlers): void {
    const { input, output, history, sign } = this.#options;
    const editor = createInterface({
      input,
      output,
      prompt: sign,
      history: [...history.lines],
      historySize: 500,
      removeHistoryDuplicates: true,
      completer: complete,
    });
    this.#editor = editor;
    let previous = history.lines[0];
    editor.on('line', (line) => {
      if (line.trim() !== '' && line !== previous) history.add(line);
      previous = line;
      handlers.handleLine(line);
      if (this.#editor !== null) editor.prompt();
    });
    editor.on('SIGINT', () => handlers.handleInterrupt());
    editor.on('close', () => {
      if (this.#editor !== null) handlers.handleEnd();
    });
    editor.prompt();
  }

  /** Prints lines above the one that is being typed, which stays as it is. */
  print(text: string): void {
    const { output } = this.#options;
    if (this.#editor === null) {
      output.write(`${text}\n`);
      return;
    }
    this.#clear(this.#editor.getCursorPos().rows);
    output.write(`${text}\n${'\n'.repeat(rowsToGoUp(this.#editor))}`);
    this.#editor.prompt(true);
  }

  /** Takes the prompt away and gives the terminal back. */
  stop(): void {
    const editor = this.#editor;
    if (editor === null) return;
    this.#editor = null;
    this.#clear(editor.getCursorPos().rows);
    editor.close();
  }

  #clear(rows: number): void {
    const { output } = this.#options;
    moveCursor(output, 0, -rows);
    cursorTo(output, 0);
    clearScreenDown(output);
  }
}

/**
 * How many rows the editor goes up before it draws its line again: those that its cursor was below the first one when it
 * drew last. A line that was pasted may take more rows by now.
 */
function rowsToGoUp(editor: Interface): number {
  const drawn: unknown = Reflect.get(editor, 'prevRows');
  return typeof drawn === 'number' ? drawn : editor.getCursorPos().rows;
}

function complete(line: string): [string[], string] {
  const isCommand = line.startsWith('/') && !line.startsWith('//');
  return [isCommand ? promptCommands.filter((command) => command.startsWith(line)) : [], line];
}
