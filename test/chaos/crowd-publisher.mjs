import { CrowdConnection } from './crowd-connection.mjs';

/** Publishes numbers, each with a key, again and again until it is acknowledged. */
export class CrowdPublisher {
  /** @type {{ topic: string, number: number, offset: number, epoch: string, at: number }[]} */
  acknowledged = [];
  duplicates = 0;
  /** How many answers said that it failed, by code. @type {Map<string, number>} */
  refusals = new Map();
  /** @type {Map<number, { topic: string, bytes: number }>} */
  #pending = new Map();
  #lastNumber;
  #isStopped = false;

  /**
   * @param {ConstructorParameters<typeof CrowdConnection>[0]} where
   * @param {{ index: number, topics: readonly string[], everyMs: number }} wants
   */
  constructor(where, { index, topics, everyMs }) {
    this.topics = topics;
    this.#lastNumber = index * 1_000_000;
    this.random = where.random;
    this.connection = new CrowdConnection(where, {
      connected: () => this.#sendAll(),
      received: (message) => this.#receive(message),
    });
    this.timer = setInterval(() => this.#publishNext(), everyMs);
  }

  /** Begins nothing new; what was begun goes on until it is acknowledged. */
  stop() {
    this.#isStopped = true;
    clearInterval(this.timer);
  }

  get pending() {
    return this.#pending.size;
  }

  /**
   * Publishes one more. @returns its number
   *
   * @param {string} topic
   * @param {number} [bytes] beside the number
   */
  publish(topic, bytes = 0) {
    const number = ++this.#lastNumber;
    this.#pending.set(number, { topic, bytes });
    this.#send(number);
    return number;
  }

  #publishNext() {
    if (this.#isStopped || this.#pending.size >= maxPending) return;
    this.publish(/** @type {string} */ (this.topics[Math.floor(this.random() * this.topics.length)]));
  }

  #sendAll() {
    for (const number of this.#pending.keys()) this.#send(number);
  }

  /** @param {number} number */
  #send(number) {
    const pending = this.#pending.get(number);
    if (pending === undefined || !this.connection.isConnected) return;
    const { topic, bytes } = pending;
    const data = bytes === 0 ? { number } : { number, filling: 'x'.repeat(bytes) };
    this.connection.say({ type: 'publish', id: number, topic, key: String(number), data });
  }

  /** @param {Record<string, any>} message */
  #receive(message) {
    const { type, id } = message;
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    if (type === 'published') {
      this.#pending.delete(id);
      const { offset, epoch, isDuplicate } = message;
      this.acknowledged.push({ topic: pending.topic, number: id, offset, epoch, at: Date.now() });
      if (isDuplicate) this.duplicates++;
    } else if (type === 'error') {
      this.refusals.set(message.code, (this.refusals.get(message.code) ?? 0) + 1);
      setTimeout(() => this.#send(id), 200 + this.random() * 300);
    }
  }
}

const maxPending = 32;
