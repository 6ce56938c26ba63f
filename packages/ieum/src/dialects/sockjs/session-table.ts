import type { Close } from '../../core/close.js';

import { HttpSession } from './http-session.js';
import type { SockJsSettings } from './sockjs-options.js';
import type { SockJsRequest } from './sockjs-request.js';

/** The sessions over HTTP of one service, by the names that clients gave them. */
export class SessionTable {
  readonly #settings: SockJsSettings;
  readonly #sessions = new Map<string, HttpSession>();
  /** What new sessions find; null while they are welcome. */
  #closing: Promise<void> | null = null;

  constructor(settings: SockJsSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get hasRoom(): boolean {
    return this.#closing === null && this.#sessions.size < this.#settings.maxSessions;
  }

  get(name: string): HttpSession | undefined {
    return this.#sessions.get(name);
  }

  open(name: string, request: SockJsRequest): HttpSession {
    const session = new HttpSession(request, this.#settings, () => void this.#sessions.delete(name));
    this.#sessions.set(name, session);
    return session;
  }

  /** Closes all sessions, and lets nobody open one. Resolves when all are gone; a second call gives the same promise. */
  close(close: Close): Promise<void> {
    this.#closing ??= this.#closeAll(close);
    return this.#closing;
  }

  async #closeAll(close: Close): Promise<void> {
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.close(close);
    await Promise.all(sessions.map(({ channel }) => channel.closed));
  }
}
