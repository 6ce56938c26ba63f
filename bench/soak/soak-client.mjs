import { setTimeout as delay } from 'node:timers/promises';

import { connect } from 'ieum';

/** @typedef {{ offset: number, epoch: string }} Place */

/** What all clients of a process count. */
export class SoakCounts {
  connections = 0;
  open = 0;
  deliveries = 0;
  published = 0;
  recovered = 0;
  gaps = 0;
  errors = 0;
}

/**
 * Somebody who comes and goes: connects, subscribes where they were, publishes now and then, and leaves after seconds or
 * minutes, in good order or not.
 */
export class SoakClient {
  /** Where it is in its topic. @type {Place | null} */
  #position = null;
  #topic;

  /**
   * @param {string} url
   * @param {SoakCounts} counts
   * @param {{ index: number, topics: number, startMs: number }} place
   */
  constructor(url, counts, { index, topics, startMs }) {
    this.url = url;
    this.counts = counts;
    this.#topic = `room/${index % topics}`;
    void this.#run(startMs);
  }

  /** @param {number} startMs */
  async #run(startMs) {
    await delay(Math.random() * startMs);
    for (;;) {
      await this.#live().catch(() => {
        this.counts.errors++;
      });
      await delay(Math.random() * 2_000);
    }
  }

  async #live() {
    const peer = await connect(this.url, {
      subprotocols: ['ieum.v1'],
      handshakeTimeoutMs: 20_000,
      message: (_peer, { data }) => this.#receive(JSON.parse(String(data))),
    });
    this.counts.connections++;
    this.counts.open++;
    const say = (/** @type {object} */ message) => void peer.send(JSON.stringify(message));
    say({ type: 'connect' });
    const since = this.#position === null ? {} : { since: this.#position };
    say({ type: 'subscribe', id: 1, topic: this.#topic, ...since });
    // Nobody ever uses this name again.
    const once = `once/${crypto.randomUUID()}`;
    say({ type: 'subscribe', id: 2, topic: once, presence: true });
    say({ type: 'publish', id: 3, topic: once, data: 'mine', key: once });
    const timer = setInterval(() => {
      say({
        type: 'publish',
        id: 4,
        topic: this.#topic,
        data: { filling: FILLING },
        key: crypto.randomUUID(),
      });
    }, PUBLISH_EVERY_MS);
    await Promise.race([peer.closed, delay(lifeMs())]);
    clearInterval(timer);
    if (Math.random() < 0.5) peer.terminate();
    else void peer.close();
    await peer.closed;
    this.counts.open--;
  }

  /** @param {Record<string, any>} message */
  #receive(message) {
    const { type, topic, offset, epoch } = message;
    if (type === 'message') {
      this.counts.deliveries++;
      if (topic === this.#topic && epoch === this.#position?.epoch) this.#position = { offset, epoch };
    } else if (type === 'subscribed' && message.id === 1) {
      if (message.recovery === 'recovered') this.counts.recovered++;
      this.#position = message.position ?? this.#position;
    } else if (type === 'gap') {
      this.counts.gaps++;
      if (topic === this.#topic) this.#position = message.position ?? this.#position;
    } else if (type === 'published') this.counts.published++;
    else if (type === 'error') this.counts.errors++;
  }
}

/** Most live for some seconds, some for minutes. */
function lifeMs() {
  return Math.min(2_000 - Math.log(1 - Math.random()) * MEAN_LIFE_MS, LONGEST_LIFE_MS);
}

const MEAN_LIFE_MS = 35_000;
const LONGEST_LIFE_MS = 300_000;
const PUBLISH_EVERY_MS = 30_000;
const FILLING = 'x'.repeat(200);
