/** An entry of a log. */
export interface LoggedEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

type Write = (text: string, fields?: Readonly<Record<string, unknown>>) => void;

/** A log that remembers. */
export class RecordedLog {
  readonly entries: LoggedEntry[] = [];
  readonly debug: Write = this.#writer('debug');
  readonly info: Write = this.#writer('info');
  readonly warn: Write = this.#writer('warn');
  readonly error: Write = this.#writer('error');

  /** What happened, by name. */
  get events(): readonly unknown[] {
    return this.entries.map(({ fields: { event } }) => event);
  }

  #writer(level: LoggedEntry['level']): Write {
    return (text, fields = {}) => void this.entries.push({ level, text, fields });
  }
}
