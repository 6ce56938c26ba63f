import { setTimeout as delay } from 'node:timers/promises';

import { connect } from 'ieum';

/**
 * What a client and a publisher share: says who it is, is connected again whenever it is not, to any node, and finds out by
 * itself that nobody is there any more.
 */
export class CrowdConnection {
  /** @type {import('ieum').Peer | null} */
  #peer = null;
  #isStopped = false;
  #isConnected = false;
  #attempts = 0;
  #stalledUntil = 0;

  /**
   * @param {{ name: string, token: string, urls: readonly string[], random: () => number }} where
   * @param {{ connected: () => void, received: (message: Record<string, any>) => void }} handlers
   */
  constructor(where, handlers) {
    this.where = where;
    this.handlers = handlers;
    void this.#run();
  }

  get isConnected() {
    return this.#isConnected;
  }

  /** How often it was connected. */
  get connections() {
    return this.#attempts;
  }

  /** @param {object} message */
  say(message) {
    void this.#peer?.send(JSON.stringify(message));
  }

  /** Breaks the connection without a word. */
  drop() {
    this.#peer?.terminate();
  }

  /**
   * Reads nothing for a while.
   *
   * @param {number} ms
   */
  stall(ms) {
    this.#stalledUntil = Date.now() + ms;
  }

  async stop() {
    this.#isStopped = true;
    await this.#peer?.close();
  }

  async #run() {
    // They do not come all at once.
    await delay(this.where.random() * spreadMs);
    while (!this.#isStopped) {
      await this.#connectOnce().catch(() => undefined);
      this.#isConnected = false;
      this.#peer = null;
      await delay(50 + this.where.random() * 450);
    }
  }

  async #connectOnce() {
    const { urls, random } = this.where;
    const url = /** @type {string} */ (urls[Math.floor(random() * urls.length)]);
    const peer = await connect(url, {
      subprotocols: ['ieum.v1'],
      handshakeTimeoutMs: 5_000,
      keepalive: { intervalMs: 3_000, graceMs: 4_000 },
      message: (from, message) => this.#receive(from, message),
      reportError: (error) => {
        console.error(error);
        process.exitCode = 1;
      },
    });
    this.#peer = peer;
    if (this.#isStopped) peer.terminate();
    this.say({ type: 'connect', token: this.where.token });
    await peer.closed;
  }

  /**
   * @param {import('ieum').Peer} from
   * @param {import('ieum').Message} received
   */
  #receive(from, received) {
    if (from !== this.#peer) return undefined;
    const message = /** @type {Record<string, any>} */ (received.json());
    if (message.type === 'connected') {
      this.#isConnected = true;
      this.#attempts++;
      this.handlers.connected();
    } else this.handlers.received(message);
    const ms = this.#stalledUntil - Date.now();
    return ms > 0 ? delay(ms) : undefined;
  }
}

const spreadMs = 1_500;
