import { Histogram } from '../../packages/cli/dist/bench/histogram.js';
import { readCpuSeconds } from '../../packages/cli/dist/bench/process-usage.js';
import { spin } from '../../packages/cli/dist/bench/turn-loop.js';
import { dialects } from './dialects.mjs';
import { LoadClient } from './load-client.mjs';

/**
 * @typedef {object} HubLoad what the load is asked to do
 * @property {import('./dialects.mjs').DialectName} dialect
 * @property {number[]} ports of the nodes
 * @property {number[]} nodePids
 * @property {number} brokerPid
 * @property {number} subscribers
 * @property {number} inFlight
 * @property {number} seconds
 * @property {number} warmupSeconds
 *
 * @typedef {object} HubLoadResult
 * @property {number} seconds
 * @property {number} publications that reached everybody
 * @property {number} deliveries
 * @property {number} nodeCpuSeconds
 * @property {number} brokerCpuSeconds
 * @property {number} loadCpuSeconds
 * @property {{ p50: number, p99: number, p999: number, max: number }} latencyUs from a publication to each of its deliveries
 */

/** Subscribes, publishes in a closed loop, and counts what is delivered to whom and how late. */
class Load {
  #job;
  /** @type {LoadClient[]} */
  #subscribers = [];
  /** @type {LoadClient | null} */
  #publisher = null;
  #readBuffer = Buffer.allocUnsafe(64 * 1024);
  /** By sequence number: what the publications on their way carry, when they were published, whom they have not reached. */
  #data;
  #publishedAtMs;
  #missing;
  #published = 0;
  #completed = 0;
  #progressAtMs = 0;
  #deliveries = 0;
  #latencies = new Histogram();
  /** @type {(reason: Error) => void} */
  #fail = () => {};
  /** @type {Promise<never>} */
  #failure;

  /** @param {HubLoad} job */
  constructor(job) {
    this.#job = job;
    this.#data = new Array(job.inFlight).fill(Buffer.alloc(0));
    this.#publishedAtMs = new Float64Array(job.inFlight);
    this.#missing = new Int32Array(job.inFlight);
    this.#failure = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
  }

  /** @returns {Promise<HubLoadResult>} */
  async run() {
    await this.#open();
    const { warmupSeconds, seconds } = this.#job;
    await this.#publishFor(warmupSeconds * 1000);
    const before = this.#usage();
    this.#latencies = new Histogram();
    await this.#publishFor(seconds * 1000);
    const after = this.#usage();
    for (const client of [...this.#subscribers, this.#publisher]) client?.destroy();
    return {
      seconds: after.seconds - before.seconds,
      publications: after.completed - before.completed,
      deliveries: after.deliveries - before.deliveries,
      nodeCpuSeconds: after.nodeCpuSeconds - before.nodeCpuSeconds,
      brokerCpuSeconds: after.brokerCpuSeconds - before.brokerCpuSeconds,
      loadCpuSeconds: after.loadCpuSeconds - before.loadCpuSeconds,
      latencyUs: {
        p50: this.#latencies.quantileUs(0.5),
        p99: this.#latencies.quantileUs(0.99),
        p999: this.#latencies.quantileUs(0.999),
        max: this.#latencies.maxUs,
      },
    };
  }

  /** Some connections at a time, so that no node's queue of new ones runs over. */
  async #open() {
    const { subscribers, ports } = this.#job;
    for (let first = 0; first < subscribers; first += OPENED_AT_A_TIME) {
      const count = Math.min(OPENED_AT_A_TIME, subscribers - first);
      const ready = Array.from({ length: count }, (_, i) =>
        this.#openClient(ports[(first + i) % ports.length], true),
      );
      this.#subscribers.push(...(await this.#unlessFailed(Promise.all(ready))));
    }
    this.#publisher = await this.#unlessFailed(this.#openClient(ports[0], false));
  }

  /**
   * @param {number} port
   * @param {boolean} isSubscriber
   * @returns {Promise<LoadClient>}
   */
  #openClient(port, isSubscriber) {
    const { inFlight } = this.#job;
    return new Promise((resolve) => {
      const client = new LoadClient(port, isSubscriber, {
        dialect: dialects[this.#job.dialect],
        readBuffer: this.#readBuffer,
        dataOf: (sequence) => (sequence < this.#published ? this.#data[sequence % inFlight] : undefined),
        handleDelivery: (sequence) => this.#handleDelivery(sequence),
        handleReady: () => resolve(client),
        handleFailure: (reason) => this.#fail(new Error(reason)),
      });
    });
  }

  /** @param {number} durationMs */
  async #publishFor(durationMs) {
    const endMs = performance.now() + durationMs;
    this.#progressAtMs = performance.now();
    let isFailed = false;
    this.#failure.catch(() => {
      isFailed = true;
    });
    const spinning = spin(
      () => this.#deliveries,
      () => this.#publish(),
      () => isFailed || this.#isOver(endMs),
    );
    await this.#unlessFailed(spinning);
  }

  /** @param {number} endMs */
  #isOver(endMs) {
    const nowMs = performance.now();
    if (nowMs - this.#progressAtMs > PATIENCE_MS) {
      this.#fail(
        new Error(`publication ${this.#completed} did not reach everybody in ${PATIENCE_MS / 1000} s`),
      );
    }
    return nowMs >= endMs;
  }

  #publish() {
    const { inFlight, subscribers } = this.#job;
    /** @type {string[]} */
    const publications = [];
    for (; this.#published - this.#completed < inFlight; this.#published++) {
      const slot = this.#published % inFlight;
      const data = String(this.#published).padStart(10, '0').padEnd(DATA_BYTES, FILLING);
      publications.push(data);
      this.#data[slot] = Buffer.from(data);
      this.#publishedAtMs[slot] = performance.now();
      this.#missing[slot] = subscribers;
    }
    if (publications.length > 0) this.#publisher?.publish(publications);
  }

  /** @param {number} sequence */
  #handleDelivery(sequence) {
    const slot = sequence % this.#job.inFlight;
    const nowMs = performance.now();
    this.#latencies.record(nowMs - this.#publishedAtMs[slot]);
    this.#deliveries++;
    if (--this.#missing[slot] > 0) return;
    this.#completed++;
    this.#progressAtMs = nowMs;
  }

  #usage() {
    const { user, system } = process.cpuUsage();
    return {
      seconds: performance.now() / 1000,
      completed: this.#completed,
      deliveries: this.#deliveries,
      nodeCpuSeconds: readCpuSeconds(this.#job.nodePids),
      brokerCpuSeconds: readCpuSeconds([this.#job.brokerPid]),
      loadCpuSeconds: (user + system) / 1e6,
    };
  }

  /**
   * @template Result
   * @param {Promise<Result>} promise
   * @returns {Promise<Result>}
   */
  #unlessFailed(promise) {
    return Promise.race([promise, this.#failure]);
  }
}

const OPENED_AT_A_TIME = 200;
const DATA_BYTES = 64;
const FILLING = 'what everybody in the room is told, and nobody twice. ';
const PATIENCE_MS = 20_000;

const result = await new Load(JSON.parse(process.argv[2] ?? '')).run();
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
