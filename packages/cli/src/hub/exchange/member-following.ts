import { type BrokerSink, HubError, type MemberChange, type NodeMember } from 'ieum/hub';

import type { ExchangeConnection } from './exchange-connection.js';
import type { ExchangeQuestion } from './exchange-request.js';

/** Who is connected through this worker, and what it is told of others. */
export class MemberFollowing {
  readonly #connection: ExchangeConnection;
  readonly #sink: BrokerSink;
  /** Users and what is told of them, by topic: as it should be, whatever the exchange knows. */
  readonly #own = new Map<string, Map<string, unknown>>();
  readonly #topics = new Map<string, FollowedMembers>();
  #settling: NodeJS.Timeout | undefined;

  constructor(connection: ExchangeConnection, sink: BrokerSink) {
    this.#connection = connection;
    this.#sink = sink;
  }

  change(topic: string, changes: readonly MemberChange[]): Promise<void> {
    const users = this.#own.get(topic) ?? new Map<string, unknown>();
    for (const change of changes) {
      if (change.type === 'present') users.set(change.user, change.info);
      else users.delete(change.user);
    }
    if (users.size > 0) this.#own.set(topic, users);
    else this.#own.delete(topic);
    return new Promise((resolve, reject) => {
      this.#connection.ask({ type: 'change-members', topic, changes }, (outcome) => {
        if (outcome instanceof HubError) reject(outcome);
        else resolve();
      });
    });
  }

  follow(name: string): Promise<readonly NodeMember[]> {
    const topic = this.#topics.get(name) ?? { isHeard: false };
    this.#topics.set(name, topic);
    return new Promise((resolve, reject) => {
      this.#ask({ type: 'follow-members', topic: name }, (outcome) => {
        if (!(outcome instanceof HubError)) {
          topic.isHeard = true;
          resolve(outcome);
          return;
        }
        if (!topic.isHeard && this.#topics.get(name) === topic) this.#topics.delete(name);
        reject(outcome);
      });
    });
  }

  unfollow(name: string): void {
    if (this.#topics.delete(name)) this.#connection.tell({ type: 'unfollow-members', topic: name });
  }

  members(topic: string): Promise<readonly NodeMember[]> {
    return new Promise((resolve, reject) => {
      this.#ask({ type: 'members', topic }, (outcome) => {
        if (outcome instanceof HubError) reject(outcome);
        else resolve(outcome);
      });
    });
  }

  /** What comes for a topic before `follow` is answered is in the answer. */
  handleChanges(topic: string, node: string, changes: readonly MemberChange[]): void {
    if (this.#topics.get(topic)?.isHeard) this.#sink.handleMemberChanges(topic, node, changes);
  }

  handleDown(): void {
    clearTimeout(this.#settling);
  }

  /**
   * Tells the exchange who is here, and hears at once who comes. Who is there altogether is asked for a little later, so that
   * nobody seems to have left only because their worker was not yet back.
   */
  resume(): void {
    for (const [topic, users] of this.#own) {
      const changes = [...users].map(([user, info]): MemberChange => ({ type: 'present', user, info }));
      this.#connection.ask({ type: 'change-members', topic, changes }, () => {});
    }
    if (this.#topics.size === 0) return;
    for (const topic of this.#topics.keys()) this.#ask({ type: 'follow-members', topic }, () => {});
    this.#settling = setTimeout(() => this.#tellAll(), settleMs);
  }

  close(): void {
    clearTimeout(this.#settling);
  }

  #tellAll(): void {
    for (const [name, topic] of this.#topics) {
      this.#ask({ type: 'members', topic: name }, (outcome) => {
        const isHeard = !(outcome instanceof HubError) && this.#topics.get(name) === topic;
        if (isHeard) this.#sink.handleMembers(name, outcome);
      });
    }
  }

  #ask(question: ExchangeQuestion, handle: (outcome: readonly NodeMember[] | HubError) => void): void {
    this.#connection.ask(question, (outcome) => {
      if (outcome instanceof HubError) handle(outcome);
      else if (outcome.type === 'members') handle(outcome.members);
    });
  }
}

interface FollowedMembers {
  /** Whether changes are wanted. */
  isHeard: boolean;
}

/** How long workers have to come back before who is there is told anew, in milliseconds. */
const settleMs = 1_000;
