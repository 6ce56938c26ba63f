import type { Clock } from '../../channel/clock.js';

import type { Broker, Member, MemberChange } from '../broker.js';

/** What the members of topics at one node need. */
export interface PresenceOwner {
  readonly broker: Broker;
  readonly clock: Clock;
  /** How long somebody whose connection broke counts as there. */
  readonly graceMs: number;
  /** How long changes are gathered. */
  readonly batchMs: number;
}

/** Who is connected to a topic through this node: several connections of a user are one member. */
export class LocalMembers {
  readonly #topic: string;
  readonly #owner: PresenceOwner;
  readonly #handleEmpty: () => void;
  readonly #members = new Map<string, LocalMember>();
  /** What the broker does not know yet, by user. */
  #unsent = new Map<string, MemberChange>();
  #sending: Promise<void> | null = null;
  #cancelSendingAgain: (() => void) | null = null;
  #isClosed = false;

  constructor(topic: string, owner: PresenceOwner, handleEmpty: () => void) {
    this.#topic = topic;
    this.#owner = owner;
    this.#handleEmpty = handleEmpty;
  }

  /** Somebody's connection came. What is returned takes it away again: gracefully, or with time to come back. */
  enter({ user, info }: Member): (isGraceful: boolean) => void {
    const member = this.#members.get(user) ?? { info: undefined, connections: 0, cancelGrace: null };
    this.#members.set(user, member);
    member.connections++;
    member.cancelGrace?.();
    member.cancelGrace = null;
    if (!isSameInfo(member.info, info)) {
      member.info = info;
      this.#change({ type: 'present', user, info });
    }
    return (isGraceful) => this.#leave(user, member, isGraceful);
  }

  /** Resolves when the broker was told of all changes so far, or could not be. */
  async settled(): Promise<void> {
    await this.#sending;
  }

  /** The broker can be reached: tells it what it does not know. */
  send(): void {
    if (!this.#isClosed) this.#sending ??= this.#sendAll();
  }

  /** The broker takes all members away itself. */
  close(): void {
    this.#isClosed = true;
    this.#cancelSendingAgain?.();
    for (const { cancelGrace } of this.#members.values()) cancelGrace?.();
  }

  #leave(user: string, member: LocalMember, isGraceful: boolean): void {
    member.connections--;
    if (member.connections > 0) return;
    const { clock, graceMs } = this.#owner;
    const remove = () => {
      this.#members.delete(user);
      this.#change({ type: 'absent', user });
    };
    if (isGraceful || graceMs === 0) remove();
    else member.cancelGrace = clock.setTimer(remove, graceMs);
  }

  #change(change: MemberChange): void {
    this.#unsent.set(change.user, change);
    this.send();
  }

  async #sendAll(): Promise<void> {
    // All that come in one turn are one change.
    await Promise.resolve();
    while (this.#unsent.size > 0) {
      const changes = this.#unsent;
      this.#unsent = new Map();
      try {
        await this.#owner.broker.changeMembers(this.#topic, [...changes.values()]);
      } catch {
        this.#unsent = new Map([...changes, ...this.#unsent]);
        this.#sendAgainLater();
        break;
      }
    }
    this.#sending = null;
    if (this.#members.size === 0 && this.#unsent.size === 0) this.#handleEmpty();
  }

  #sendAgainLater(): void {
    this.#cancelSendingAgain?.();
    if (!this.#isClosed)
      this.#cancelSendingAgain = this.#owner.clock.setTimer(() => this.send(), sendAgainMs);
  }
}

interface LocalMember {
  info: unknown;
  connections: number;
  cancelGrace: (() => void) | null;
}

function isSameInfo(known: unknown, info: unknown): boolean {
  return known === info || (known !== undefined && JSON.stringify(known) === JSON.stringify(info));
}

const sendAgainMs = 1_000;
