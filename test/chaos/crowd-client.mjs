import { CrowdConnection } from './crowd-connection.mjs';

/** @typedef {{ offset: number, epoch: string }} Place */

/** A client that goes on where it was, as `docs/protocol.md` says, and writes down what it heard of each topic. */
export class CrowdClient {
  /** @type {Map<string, object[]>} */
  logs = new Map();
  deliveries = 0;
  recovered = 0;
  /** Refused subscriptions on this connection, by code. @type {Map<string, number>} */
  refusals = new Map();
  /** @type {Map<string, number>} */
  gaps = new Map();
  /** @type {Map<string, Place>} */
  #positions = new Map();
  /** Topics whose subscription is there on this connection. @type {Set<string>} */
  #open = new Set();
  /** Questions without an answer: which topic they are about. @type {Map<number, string>} */
  #asked = new Map();
  /** Who is there as far as it was told, by topic. @type {Map<string, Set<string>>} */
  #members = new Map();
  #lastId = 0;
  /** The last answers, of all connections. @type {string[]} */
  #latest = [];

  /**
   * @param {ConstructorParameters<typeof CrowdConnection>[0]} where
   * @param {{ topics: readonly string[], watched: readonly string[] }} wants `watched` are those whose members it wants to know
   */
  constructor(where, { topics, watched }) {
    this.name = where.name;
    this.topics = topics;
    this.watched = new Set(watched);
    for (const topic of topics) this.logs.set(topic, []);
    this.connection = new CrowdConnection(where, {
      connected: () => this.#handleConnected(),
      received: (message) => this.#receive(message),
    });
  }

  /** Whether it is subscribed to all that it wants. */
  get isSettled() {
    return this.connection.isConnected && this.#open.size === this.topics.length;
  }

  /** Where it is, in words. */
  get state() {
    const lacking = this.topics.filter((topic) => !this.#open.has(topic));
    const { isConnected, connections } = this.connection;
    const refused = [...this.refusals].map(([code, count]) => `${count} ${code}`).join(' ');
    const here = isConnected ? `connected for the ${connections}. time` : 'not connected';
    const latest = this.#latest.join('; ');
    return `${this.name} is ${here}, without ${lacking.join(' ') || 'nothing'}, refused ${refused || 'never'}: ${latest}`;
  }

  /**
   * Whether it has heard all of a topic up to there.
   *
   * @param {string} topic
   * @param {Place} end
   */
  hasReached(topic, end) {
    const position = this.#positions.get(topic);
    return position?.epoch === end.epoch && position.offset >= end.offset;
  }

  /** @param {string} topic */
  positionOf(topic) {
    return this.#positions.get(topic);
  }

  /** @param {string} topic */
  membersOf(topic) {
    return this.#members.get(topic);
  }

  #handleConnected() {
    this.#remember('connected');
    this.#open.clear();
    this.refusals.clear();
    this.#asked.clear();
    for (const topic of this.topics) this.#subscribe(topic);
  }

  /** @param {string} topic */
  #subscribe(topic) {
    const id = ++this.#lastId;
    this.#asked.set(id, topic);
    const since = this.#positions.get(topic);
    const presence = this.watched.has(topic);
    this.connection.say({
      type: 'subscribe',
      id,
      topic,
      presence,
      ...(since === undefined ? {} : { since }),
    });
  }

  /** @param {Record<string, any>} message */
  #receive(message) {
    switch (message.type) {
      case 'message':
        this.#handleMessage(message);
        return;
      case 'gap':
        this.#write(message.topic, {
          type: 'gap',
          reason: message.reason,
          position: message.position ?? null,
        });
        this.#count(message.topic, message.reason);
        if (message.position != null) this.#positions.set(message.topic, message.position);
        return;
      case 'subscribed':
        this.#handleSubscribed(message);
        return;
      case 'presence-changed':
        for (const { user } of message.joined) this.#members.get(message.topic)?.add(user);
        for (const { user } of message.left) this.#members.get(message.topic)?.delete(user);
        return;
      case 'ended':
        this.#remember(`ended ${message.topic}`);
        this.#open.delete(message.topic);
        this.#subscribe(message.topic);
        return;
      case 'error':
        this.#handleError(message);
    }
  }

  /** @param {Record<string, any>} message */
  #handleMessage({ topic, offset, epoch, data }) {
    this.deliveries++;
    this.#write(topic, { type: 'message', number: data.number, offset, epoch });
    const known = this.#positions.get(topic);
    if (known?.epoch === epoch && offset > known.offset) this.#positions.set(topic, { offset, epoch });
  }

  /** @param {Record<string, any>} message */
  #handleSubscribed({ id, position, recovery, members }) {
    const topic = this.#asked.get(id);
    this.#remember(`${recovery} for ${id} ${topic}`);
    if (topic === undefined) return;
    this.#asked.delete(id);
    this.#open.add(topic);
    if (recovery === 'recovered') this.recovered++;
    this.#write(topic, { type: 'subscribed', recovery, ...position });
    if (position != null) this.#positions.set(topic, position);
    if (members != null)
      this.#members.set(topic, new Set(members.map((/** @type {any} */ { user }) => user)));
  }

  /** Whatever is the matter, it tries again while the connection lasts. @param {Record<string, any>} message */
  #handleError({ id, code }) {
    const topic = this.#asked.get(id);
    this.#remember(`${code} for ${id} ${topic}`);
    if (topic === undefined) return;
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    setTimeout(() => {
      if (this.connection.isConnected && this.#asked.delete(id)) this.#subscribe(topic);
    }, 300);
  }

  /** @param {string} answer */
  #remember(answer) {
    // Refusals come again and again: the first one tells more.
    if (this.#latest.at(-2) === answer) return;
    this.#latest.push(`${new Date().toISOString().slice(14, 23)} ${answer}`);
    if (this.#latest.length > 16) this.#latest.splice(8, 1);
  }

  /**
   * @param {string} topic
   * @param {object} event
   */
  #write(topic, event) {
    this.logs.get(topic)?.push(event);
  }

  /**
   * @param {string} topic
   * @param {string} reason
   */
  #count(topic, reason) {
    const name = `${topic.split('/')[0]} ${reason}`;
    this.gaps.set(name, (this.gaps.get(name) ?? 0) + 1);
  }
}
