import { Buffer } from 'node:buffer';

import type { Clock } from '../../channel/clock.js';
import type { Position } from '../../hub/position.js';

import type { RoomSpan } from './room-log.js';
import type { SocketIoHub } from './server-options.js';
import type { TopicNames } from './topics.js';

/** What is known of a session, on all nodes. */
export interface SessionRecord {
  readonly sid: string;
  readonly namespace: string;
  readonly rooms: readonly RoomSpan[];
  readonly data: unknown;
  /** All up to here is known to have reached the client. */
  readonly position: Position;
  /** In milliseconds since 1970; null while it is connected, as far as is known. */
  readonly disconnectedAt: number | null;
  /** The client or the application ended it: there is no coming back. */
  readonly isOver?: true;
}

export interface SessionStoreParts {
  readonly hub: SocketIoHub;
  readonly names: TopicNames;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly now: () => number;
  readonly maxDisconnectionMs: number;
  readonly reportError: (error: unknown) => void;
}

/** Sessions as the hub keeps them, each on a topic of its own that has only its latest state. */
export class SessionStore {
  readonly #parts: SessionStoreParts;

  constructor(parts: SessionStoreParts) {
    this.#parts = parts;
  }

  get clock(): Pick<Clock, 'setTimer'> {
    return this.#parts.clock;
  }

  get now(): number {
    return this.#parts.now();
  }

  /** How often a session is saved that does not change: so often that the stream still reaches back to where it is known to be. */
  get refreshMs(): number {
    return this.#parts.maxDisconnectionMs / 3;
  }

  /** Null when there is none that one could come back to. Rejects while the broker is away. */
  async load(name: string, namespace: string): Promise<SessionRecord | null> {
    const { hub, names, maxDisconnectionMs } = this.#parts;
    const { publications } = await hub.history(names.session(name), { limit: 1 });
    const record = publications.at(-1)?.json() as SessionRecord | undefined;
    if (record === undefined || record.isOver === true || record.namespace !== namespace) return null;
    const { disconnectedAt } = record;
    const isLate = disconnectedAt !== null && this.#parts.now() - disconnectedAt > maxDisconnectionMs;
    return isLate ? null : record;
  }

  /** Rejects when it cannot be kept. */
  async save(name: string, json: string): Promise<void> {
    const { hub, names } = this.#parts;
    await hub.publish(names.session(name), new TextEncoder().encode(json));
  }

  /** The same, without waiting. */
  saveLater(name: string, json: string): void {
    this.save(name, json).catch(this.#parts.reportError);
  }
}

/** What nodes call a session: of its `pid`, which is a secret of its client, nobody learns who reads what nodes say. */
export async function sessionNameOf(pid: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pid));
  return Buffer.from(digest).toString('hex');
}
