import type { MemberChange } from '../../hub/broker.js';

import type { MemberStore } from './member-store.js';
import { unavailable } from './redis-failure.js';

/**
 * Who is connected through this node. Redis may forget them, with its data or because this node was silent for too long, and
 * may remember some who left: so whenever the connection was gone the node takes a new name, says all under that, and has
 * what it said before forgotten. Nobody is absent meanwhile.
 */
export class OwnMembers {
  readonly #instance: string;
  readonly #store: MemberStore;
  /** Info by topic and user: the truth, whatever Redis has. */
  readonly #topics = new Map<string, Map<string, unknown>>();
  /** Names that may still be known, with the topics that they may be known in. */
  readonly #oldNames = new Map<string, ReadonlySet<string>>();
  #names = 0;
  /** The name under which everything is said; null until it is. */
  #name: string | null = null;
  #saying: Promise<void> | null = null;
  #isStale = false;

  constructor(instance: string, store: MemberStore) {
    this.#instance = instance;
    this.#store = store;
  }

  get name(): string | null {
    return this.#name;
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  /** Resolves when Redis has it. When it rejects, Redis will have it as soon as it can be reached. */
  async change(topic: string, changes: readonly MemberChange[]): Promise<void> {
    this.#apply(topic, changes);
    try {
      if (this.#name === null) await this.sayAll();
      else await this.#store.change(topic, this.#name, changes, false);
    } catch (error) {
      this.#isStale = true;
      throw unavailable(error);
    }
  }

  /** What Redis knows may be wrong. */
  handleDoubt(): void {
    if (this.#name !== null) this.#retire(this.#name);
    this.#isStale = true;
  }

  /** Says everything again when there is doubt about it. */
  async settle(): Promise<void> {
    if (this.#isStale && !(this.isEmpty && this.#oldNames.size === 0)) await this.sayAll();
  }

  /** Says everything under a new name. */
  sayAll(): Promise<void> {
    this.#saying ??= this.#sayAll().finally(() => {
      this.#saying = null;
    });
    return this.#saying;
  }

  /** Has a topic's members kept. */
  async touch(): Promise<void> {
    for (const topic of [...this.#topics.keys()]) await this.#store.touch(topic);
  }

  /** Takes everybody away. */
  async leave(): Promise<void> {
    const topics = new Set(this.#topics.keys());
    this.#topics.clear();
    await this.#saying?.catch(() => {});
    if (this.#name !== null) this.#retire(this.#name, topics);
    await this.#forgetOldNames();
  }

  async #sayAll(): Promise<void> {
    do {
      this.#isStale = false;
      try {
        await this.#sayOnce();
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
    } while (this.#isStale);
  }

  async #sayOnce(): Promise<void> {
    if (this.#name !== null) this.#retire(this.#name);
    const name = `${this.#instance}.${(++this.#names).toString(36)}`;
    await this.#store.renewLease(name, true);
    // Changes from here on come behind those of the same topic below.
    this.#name = name;
    const said = [...this.#topics].map(([topic, users]) =>
      this.#store.change(topic, name, [...users].map(toPresent), true),
    );
    await Promise.all(said);
    await this.#forgetOldNames();
  }

  #retire(name: string, topics: ReadonlySet<string> = new Set(this.#topics.keys())): void {
    this.#oldNames.set(name, new Set([...(this.#oldNames.get(name) ?? []), ...topics]));
    this.#name = null;
  }

  async #forgetOldNames(): Promise<void> {
    for (const [name, topics] of [...this.#oldNames]) {
      await Promise.all([...topics].map((topic) => this.#store.change(topic, name, [], true)));
      await this.#store.endLease(name);
      this.#oldNames.delete(name);
    }
  }

  #apply(topic: string, changes: readonly MemberChange[]): void {
    const users = this.#topics.get(topic) ?? new Map<string, unknown>();
    for (const change of changes) {
      if (change.type === 'present') users.set(change.user, change.info);
      else users.delete(change.user);
    }
    if (users.size > 0) this.#topics.set(topic, users);
    else this.#topics.delete(topic);
  }
}

function toPresent([user, info]: readonly [string, unknown]): MemberChange {
  return { type: 'present', user, info };
}
