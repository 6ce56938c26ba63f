import { setTimeout as delay } from 'node:timers/promises';

import { type SeededRandom, seededRandom } from 'ieum/testing';

import { NativeClient } from '../support/native-client.js';

import { type BrokerKind, type ChaosBroker, startBroker } from './chaos-broker.js';
import { type ChaosNode, ChaosNodes } from './chaos-nodes.js';
import { secret, topicSettings, topicsOf, wishesFor } from './chaos-plan.js';
import { Crowd } from './crowd.js';
import type { Fault, TimedFault } from './faults.js';
import { tokenOf } from './token.js';

/** A fault as it happened. */
export interface Happened {
  /** Since the beginning of the run. */
  readonly atMs: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly fault: Fault;
  /** How many connections, or clients, it hit; null where that is no question. */
  readonly hit: number | null;
}

/** A broker, nodes on it behind proxies, clients of those, and what happens to them. */
export class ChaosWorld {
  readonly nodes: ChaosNodes;
  readonly crowd: Crowd;
  readonly happened: Happened[] = [];
  readonly #broker: ChaosBroker;
  readonly #startedAt: number = performance.now();
  /** Nodes and the broker, while something is wrong with them. */
  readonly #suffering = new Set<unknown>();

  static async start(kind: BrokerKind, seed: number, clients: number): Promise<ChaosWorld> {
    const random: SeededRandom = seededRandom(seed);
    const broker = await startBroker(kind);
    const config = { broker: broker.url, topics: topicSettings, authJwtSecret: secret, access: 'all' };
    const nodes = await ChaosNodes.start(3, config, random);
    const urls = nodes.all.map(({ url }) => url);
    return new ChaosWorld(broker, nodes, new Crowd(wishesFor(clients, random), urls));
  }

  private constructor(broker: ChaosBroker, nodes: ChaosNodes, crowd: Crowd) {
    this.#broker = broker;
    this.nodes = nodes;
    this.crowd = crowd;
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  /** Lets faults happen in their time; resolves when all of them are over. */
  async suffer(faults: readonly TimedFault[]): Promise<void> {
    const beganAt = this.elapsedMs;
    const running: Promise<void>[] = [];
    for (const { atMs, fault } of faults) {
      await delay(Math.max(0, beganAt + atMs - this.elapsedMs));
      running.push(this.#apply(fault));
    }
    await Promise.all(running);
  }

  /** Asks each node something, around its proxy. */
  askNodes<Answer>(ask: (client: NativeClient) => Promise<Answer>): Promise<readonly Answer[]> {
    return Promise.all(
      this.nodes.all.map(async ({ directUrl }) => {
        const client = await NativeClient.open(directUrl, { token: tokenOf('witness', secret) });
        try {
          return await ask(client);
        } finally {
          await client.close();
        }
      }),
    );
  }

  async stop(): Promise<void> {
    await this.crowd.end();
    await this.nodes.stop();
    await this.#broker.stop();
  }

  async #apply(fault: Fault): Promise<void> {
    switch (fault.type) {
      case 'reset connections':
        return this.#hit(fault, ({ proxy }) => proxy.reset(fault.share));
      case 'freeze connections':
        return this.#hit(fault, ({ proxy }) => proxy.freeze(fault.share, fault.ms));
      case 'swallow bytes':
        return this.#hit(fault, ({ proxy }) => proxy.swallow(fault.share, fault.ms));
      case 'stall readers':
        return this.#stallReaders(fault);
      case 'kill node':
      case 'freeze node':
        return this.#hurtNode(fault);
      default:
        return this.#hurtBroker(fault);
    }
  }

  #hit(fault: Fault, hit: (node: ChaosNode) => number): void {
    this.#note(
      fault,
      this.nodes.all.reduce((sum, node) => sum + hit(node), 0),
    );
  }

  async #stallReaders(fault: Extract<Fault, { type: 'stall readers' }>): Promise<void> {
    const stalled = [
      await this.crowd.stall(0.7, 'drop/', fault.ms),
      await this.crowd.stall(0.7, 'wait/', fault.ms),
    ];
    this.#note(fault, (stalled[0] ?? 0) + (stalled[1] ?? 0));
    // More than sockets, proxy and send queue hold.
    const load = { bytes: 60_000, count: 250 };
    await this.crowd.mark([...topicsOf('drop'), ...topicsOf('wait')], fault.ms, load);
  }

  async #hurtNode(fault: Extract<Fault, { type: 'kill node' | 'freeze node' }>): Promise<void> {
    const node = this.nodes.all[fault.node] as ChaosNode;
    await this.#hurt(node, fault, async () => {
      if (fault.type === 'kill node') await node.kill();
      else node.freeze(true);
      await delay(fault.ms);
      if (fault.type === 'kill node') await node.restart();
      else node.freeze(false);
    });
  }

  async #hurtBroker(
    fault: Extract<Fault, { type: 'restart broker' | 'empty broker' | 'freeze broker' }>,
  ): Promise<void> {
    const broker = this.#broker;
    await this.#hurt(broker, fault, async () => {
      if (fault.type === 'freeze broker') broker.freeze(true);
      else await broker.kill();
      await delay(fault.ms);
      if (fault.type === 'freeze broker') broker.freeze(false);
      else if (fault.type === 'restart broker') await broker.restart();
      else await broker.restartEmpty();
    });
  }

  /** One thing at a time is wrong with each. */
  async #hurt(target: unknown, fault: Fault, hurt: () => Promise<void>): Promise<void> {
    if (this.#suffering.has(target)) return;
    this.#suffering.add(target);
    this.#note(fault, null);
    await hurt();
    this.#suffering.delete(target);
  }

  #note(fault: Fault, hit: number | null): void {
    this.happened.push({ atMs: this.elapsedMs, at: Date.now(), fault, hit });
  }
}
