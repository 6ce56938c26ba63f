import type { SessionRecord, SessionStore } from './session-store.js';

/** Keeps what is known of a connected socket's session up to date. */
export class KeptSession {
  readonly pid: string;
  /** What nodes call it. */
  readonly name: string;
  readonly #store: SessionStore;
  readonly #describe: () => Omit<SessionRecord, 'disconnectedAt'>;
  #saved = '';
  #cancelCheck: (() => void) | null = null;
  #cancelRefresh: () => void = () => undefined;
  #isEnded = false;

  constructor(
    { pid, name }: SessionId,
    store: SessionStore,
    describe: () => Omit<SessionRecord, 'disconnectedAt'>,
  ) {
    this.pid = pid;
    this.name = name;
    this.#store = store;
    this.#describe = describe;
  }

  /** Saves it for the first time. Rejects when it cannot be kept. */
  async begin(): Promise<void> {
    this.#saved = this.#json(null);
    await this.#store.save(this.name, this.#saved);
    if (!this.#isEnded) this.#refreshLater();
  }

  /** Something may have changed: looks soon, at once if it is `urgent`, and saves what has. */
  touch(urgent = false): void {
    if (this.#isEnded || (this.#cancelCheck !== null && !urgent)) return;
    this.#cancelCheck?.();
    this.#cancelCheck = this.#store.clock.setTimer(
      () => {
        this.#cancelCheck = null;
        this.#save(this.#json(null));
      },
      urgent ? 0 : checkMs,
    );
  }

  /** The socket is gone. */
  end(isOver: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.forget();
    this.#save(this.#json(this.#store.now, isOver));
  }

  /** Somebody else has it now. */
  forget(): void {
    this.#isEnded = true;
    this.#cancelCheck?.();
    this.#cancelRefresh();
  }

  #json(disconnectedAt: number | null, isOver = false): string {
    const record = { ...this.#describe(), disconnectedAt, ...(isOver ? { isOver } : {}) };
    try {
      return JSON.stringify(record);
    } catch {
      // The application's data is what JSON may not hold: all else comes back without it.
      return JSON.stringify({ ...record, data: null });
    }
  }

  #save(json: string): void {
    if (json === this.#saved) return;
    this.#saved = json;
    this.#store.saveLater(this.name, json);
  }

  #refreshLater(): void {
    this.#cancelRefresh = this.#store.clock.setTimer(() => {
      this.#saved = '';
      this.#save(this.#json(null));
      this.#refreshLater();
    }, this.#store.refreshMs);
  }
}

/** How a client calls a session, and how nodes do. */
export interface SessionId {
  readonly pid: string;
  readonly name: string;
}

const checkMs = 200;
