import { type Payload, UsageError } from 'ieum';

import type { ConnectSession } from './connect-session.js';
import type { PromptHandlers } from './prompt.js';
import { type PromptLine, parsePromptLine } from './prompt-line.js';
import type { TerminalView } from './terminal-view.js';

/** Does what is typed at the prompt. */
export class PromptInput implements PromptHandlers {
  readonly #session: ConnectSession;
  readonly #view: TerminalView;
  readonly #binary: boolean;
  /** Lines are sent one behind the other, however fast they are pasted. */
  #sending: Promise<void> = Promise.resolve();

  /** @param binary whether messages are typed in hexadecimal */
  constructor(session: ConnectSession, view: TerminalView, binary: boolean) {
    this.#session = session;
    this.#view = view;
    this.#binary = binary;
  }

  handleLine(line: string): void {
    try {
      this.#perform(parsePromptLine(line, this.#binary));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#view.told(error.message);
    }
  }

  handleInterrupt(): void {
    // Without the line editor the key would have raised this signal.
    process.kill(process.pid, 'SIGINT');
  }

  handleEnd(): void {
    this.#session.end(1000);
  }

  #perform(line: PromptLine): void {
    switch (line.type) {
      case 'nothing':
        break;
      case 'message':
        this.#send(line.text);
        break;
      case 'binary':
        this.#send(line.bytes);
        break;
      case 'ping':
        this.#session.ping(line.payload);
        break;
      case 'close':
        this.#session.close(line.code, line.reason);
        break;
      case 'help':
        this.#view.help();
        break;
      case 'mistake':
        this.#view.told(line.problem);
    }
  }

  #send(payload: Payload): void {
    this.#sending = this.#sending.then(() => this.#session.send(payload));
  }
}
