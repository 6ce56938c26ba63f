import type { Subscription } from '@nats-io/transport-node';

import type { BrokerSink, MemberChange, NodeMember } from '../../hub/broker.js';

import { type NatsLink, unavailable } from './link.js';
import { MemberQuery } from './member-query.js';
import { MemberView } from './member-view.js';
import { readAnswer, readChange, readQuery, type WireAnswer, type WireChange } from './member-wire.js';
import type { NatsSettings } from './nats-options.js';
import { OwnMembers } from './own-members.js';
import { Pulse } from './pulse.js';
import { subjectOf } from './subject.js';

/**
 * Who is there. Each node knows its own members alone; it tells changes on a subject for each topic, and answers who asks. No
 * server keeps anything of it, so none can lose it. What one node says reaches another in order, each change names the version
 * before it, and who misses one asks.
 */
export class Roster {
  readonly #node: string = crypto.randomUUID();
  readonly #link: NatsLink;
  readonly #sink: BrokerSink;
  readonly #own: OwnMembers = new OwnMembers(this.#node);
  readonly #pulse: Pulse;
  readonly #root: string;
  readonly #followed = new Map<string, FollowedMembers>();
  readonly #queries = new Map<number, MemberQuery>();
  readonly #asked: Subscription[] = [];
  #lastQuery = 0;
  #settledAt = 0;

  constructor(settings: NatsSettings, link: NatsLink, sink: BrokerSink) {
    this.#link = link;
    this.#sink = sink;
    this.#root = `${settings.prefix}.m`;
    const options = { subject: `${settings.prefix}.p`, leaseMs: settings.nodeLeaseMs };
    this.#pulse = new Pulse(this.#node, options, link, {
      handleNode: (node) => this.#askAgain(node),
      handleNodeGone: (node) => this.#forget(node),
    });
  }

  async open(): Promise<void> {
    await this.#link.run(async ({ connection }) => {
      const query = connection.subscribe(this.#subject('q'), {
        callback: (error, message) => {
          if (error === null) this.#receiveQuery(message.string(), message.reply);
        },
      });
      const answer = connection.subscribe(this.#subject(`a.${this.#node}`), {
        callback: (error, message) => {
          const read = error === null ? readAnswer(message.string()) : null;
          if (read !== null) this.#receiveAnswer(read);
        },
      });
      this.#asked.push(query, answer);
    });
    this.#settledAt = performance.now() + settleMs;
    await this.#pulse.open();
  }

  async change(topic: string, changes: readonly MemberChange[]): Promise<void> {
    const told = this.#own.change(topic, changes, this.#partBytes);
    const subject = subjectOf(`${this.#root}.t`, topic);
    for (const change of told) {
      if (!this.#link.send(subject, JSON.stringify(change))) throw unavailable();
    }
    await this.#link.flush();
  }

  async follow(topic: string): Promise<readonly NodeMember[]> {
    this.unfollow(topic);
    const view = new MemberView();
    const subscription = await this.#link.run(async ({ connection }) =>
      connection.subscribe(subjectOf(`${this.#root}.t`, topic), {
        callback: (error, message) => {
          const change = error === null ? readChange(message.string()) : null;
          if (change !== null) this.#receiveChange(topic, change);
        },
      }),
    );
    this.unfollow(topic);
    const followed = { view, subscription, isOpen: false, isChanged: false };
    this.#followed.set(topic, followed);
    try {
      await this.#link.flush();
      await this.#ask([topic]);
    } catch (error) {
      if (this.#followed.get(topic) === followed) this.unfollow(topic);
      throw error;
    }
    followed.isOpen = true;
    followed.isChanged = false;
    return view.list();
  }

  unfollow(topic: string): void {
    this.#followed.get(topic)?.subscription.unsubscribe();
    this.#followed.delete(topic);
  }

  /** Asks even where the topic is followed: a change may be known to others and still be on its way here. */
  async members(topic: string): Promise<readonly NodeMember[]> {
    const views = await this.#ask([topic]);
    return views.get(topic)?.list() ?? [];
  }

  /** After the connection was away, or servers were: others ask this node, and this one all others. */
  restore(): void {
    this.#settledAt = performance.now() + settleMs;
    this.#pulse.restore();
    this.#askAgain(null);
  }

  /** Questions that are open have no answer. */
  handleLost(error: unknown): void {
    for (const query of this.#queries.values()) query.fail(error);
  }

  close(): void {
    this.#pulse.close();
    for (const topic of [...this.#followed.keys()]) this.unfollow(topic);
    for (const subscription of this.#asked) subscription.unsubscribe();
  }

  /** Half of what the server takes: names of topics come on top. */
  get #partBytes(): number {
    return this.#link.maxPayloadBytes / 2;
  }

  #subject(rest: string): string {
    return `${this.#root}.${rest}`;
  }

  async #ask(topics: readonly string[], to?: string): Promise<ReadonlyMap<string, MemberView>> {
    const query = new MemberQuery(topics, {
      expected: () => (to === undefined ? [...this.#pulse.nodes] : [to]),
      settleMs: Math.max(0, this.#settledAt - performance.now()),
      timeoutMs: askMs,
    });
    const id = ++this.#lastQuery;
    this.#queries.set(id, query);
    try {
      if (!this.#link.isConnected) throw unavailable();
      const text = JSON.stringify({ q: id, t: topics, to });
      this.#link.send(this.#subject('q'), text, this.#subject(`a.${this.#node}`));
      return await query.finished;
    } finally {
      this.#queries.delete(id);
    }
  }

  /** Asks a node, or all, for all that is followed, and tells who is there then. */
  #askAgain(node: string | null): void {
    const topics = [...this.#followed.keys()];
    for (let at = 0; at < topics.length; at += askedAtOnce) {
      const part = topics.slice(at, at + askedAtOnce);
      this.#ask(part, node ?? undefined).then(
        () => this.#tell(part),
        // Without a connection all are asked again when it is back.
        () => {},
      );
    }
  }

  #tell(topics: readonly string[]): void {
    for (const topic of topics) {
      const followed = this.#followed.get(topic);
      if (!followed?.isOpen || !followed.isChanged) continue;
      followed.isChanged = false;
      this.#sink.handleMembers(topic, followed.view.list());
    }
  }

  #forget(node: string): void {
    for (const query of this.#queries.values()) query.look();
    for (const [topic, { view, isOpen }] of this.#followed) {
      if (view.forget(node) && isOpen) this.#sink.handleMembers(topic, view.list());
    }
  }

  #receiveQuery(text: string, reply: string | undefined): void {
    const query = readQuery(text);
    if (query === null || reply === undefined || (query.to !== undefined && query.to !== this.#node)) return;
    for (const answer of this.#own.answer(query, this.#partBytes))
      this.#link.send(reply, JSON.stringify(answer));
  }

  #receiveAnswer(answer: WireAnswer): void {
    const whole = this.#queries.get(answer.q)?.receive(answer) ?? [];
    for (const { topic, version, members } of whole) {
      const followed = this.#followed.get(topic);
      if (followed?.view.replace(answer.n, version, members)) followed.isChanged = true;
    }
    this.#queries.get(answer.q)?.look();
  }

  #receiveChange(topic: string, change: WireChange): void {
    const followed = this.#followed.get(topic);
    if (followed === undefined) return;
    const changes = followed.view.apply(change);
    if (changes === null) {
      // While the first question is open its answer brings what is missing.
      if (followed.isOpen)
        this.#ask([topic], change.n)
          .then(() => this.#tell([topic]))
          .catch(() => {});
    } else if (changes.length > 0 && followed.isOpen) {
      this.#sink.handleMemberChanges(topic, change.n, changes);
    }
  }
}

interface FollowedMembers {
  readonly view: MemberView;
  readonly subscription: Subscription;
  /** Whether whoever follows knows who is there: then they are told what changes. */
  isOpen: boolean;
  /** Whether an answer told something that was not told on. */
  isChanged: boolean;
}

/** So long after hello others may not have answered it yet. */
const settleMs = 250;
/** A node that does not answer meanwhile is taken to have nobody; what it says later is told. */
const askMs = 1_500;
const askedAtOnce = 100;
