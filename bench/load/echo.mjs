import { performance } from 'node:perf_hooks';
import { Reel } from '../reel.mjs';
import { Connection, openAll } from './connection.mjs';
import { drain, measure, Tally } from './measuring.mjs';
import { ReplyCounter } from './reply-counter.mjs';
import { Target } from './target.mjs';

/**
 * Keeps `inFlight` messages on their way on every connection.
 *
 * @param {import('../workloads.mjs').Workload} workload
 * @param {import('./measuring.mjs').Job} job
 */
export async function loadEcho(workload, job) {
  const target = new Target(job.port, workload.path);
  const tally = new Tally();
  const sent = new Reel(workload, { masked: true, maxRun: workload.inFlight });
  const expected = new Reel(workload, { masked: false, maxRun: workload.inFlight });
  /** @type {EchoConnection[]} those that have room for more messages */
  const ready = [];
  /** @type {EchoConnection[]} */
  const connections = [];
  await openAll(workload.connections, (_, opened) => {
    connections.push(new EchoConnection({ target, tally, sent, expected, ready }, workload.inFlight, opened));
  });

  const result = await measure(job, tally, () => {
    const now = performance.now();
    for (const connection of ready) connection.refill(now);
    ready.length = 0;
  });
  await drain(tally, () => connections.reduce((sum, { inFlight }) => sum + inFlight, 0));
  for (const connection of connections) connection.destroy();
  return result;
}

/**
 * @typedef {object} EchoLoad
 * @property {Target} target
 * @property {Tally} tally
 * @property {Reel} sent
 * @property {Reel} expected
 * @property {EchoConnection[]} ready
 */

class EchoConnection {
  /** @type {EchoLoad} */
  #load;
  /** @type {Connection} */
  #connection;
  /** @type {ReplyCounter} */
  #replies;
  /** @type {number} */
  #room;
  #sentCount = 0;
  #repliedCount = 0;
  /** @type {Float64Array} when the messages in flight were sent; a ring */
  #sentAt;

  /**
   * @param {EchoLoad} load
   * @param {number} maxInFlight
   * @param {() => void} opened
   */
  constructor(load, maxInFlight, opened) {
    this.#load = load;
    this.#room = maxInFlight;
    this.#sentAt = new Float64Array(maxInFlight);
    this.#replies = new ReplyCounter(load.expected, load.target.readBuffer);
    this.#connection = new Connection(load.target, {
      opened: () => {
        load.ready.push(this);
        opened();
      },
      bytes: (byteCount) => this.#receive(byteCount),
      closed: () => {
        throw new Error('the server closed a connection');
      },
    });
  }

  get inFlight() {
    return this.#sentCount - this.#repliedCount;
  }

  /** @param {number} now */
  refill(now) {
    const count = this.#room;
    for (let i = 0; i < count; i++) this.#sentAt[(this.#sentCount + i) % this.#sentAt.length] = now;
    this.#connection.write(this.#load.sent.run(this.#sentCount, count));
    this.#sentCount += count;
    this.#room = 0;
  }

  destroy() {
    this.#connection.destroy();
  }

  /** @param {number} byteCount */
  #receive(byteCount) {
    const { tally, ready } = this.#load;
    const count = this.#replies.take(byteCount);
    tally.reads++;
    if (count === 0) return;
    if (count > this.inFlight) throw new Error('more replies than messages');
    const now = performance.now();
    for (let i = 0; i < count; i++) {
      tally.latencies.record(now - this.#sentAt[(this.#repliedCount + i) % this.#sentAt.length]);
    }
    this.#repliedCount += count;
    tally.messages += count;
    if (this.#room === 0) ready.push(this);
    this.#room += count;
  }
}
