import type { CloseRecord, Message, Peer } from 'ieum';

import { describeClose } from './close-words.js';
import { formatHex } from './hex.js';
import { describeOpening } from './opening-words.js';
import type { Output } from './output.js';
import type { SessionView } from './session-view.js';
import { visible } from './visible-text.js';

export interface LineViewOptions {
  readonly output: Output;
  readonly diagnostics: Output;
  /** Whether the output is a terminal: then nothing of the peer's reaches it unescaped. */
  readonly isTerminal: boolean;
}

/** Messages on the output, one to a line: text as it is, binary in hexadecimal. Everything else is a diagnostic. */
export class LineView implements SessionView {
  readonly #options: LineViewOptions;

  constructor(options: LineViewOptions) {
    this.#options = options;
  }

  opened(peer: Peer<undefined>): void {
    this.told(describeOpening(peer));
  }

  received(message: Message): void | Promise<void> {
    const { output, isTerminal } = this.#options;
    const text = message.type === 'text' ? message.data : formatHex(message.data);
    return output.write(isTerminal ? visible(text) : text);
  }

  sent(): void {}

  pinged(): void {}

  ponged(): void {}

  told(text: string): void {
    void this.#options.diagnostics.write(visible(text));
  }

  closed(record: CloseRecord): void {
    this.told(describeClose(record));
  }

  failed(): void {}
}
