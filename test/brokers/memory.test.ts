import { randomUUID } from 'node:crypto';

import type { Broker } from '../../packages/ieum/src/hub/broker.js';
import { MemoryBroker } from '../../packages/ieum/src/hub/memory/memory-broker.js';
import { MemoryExchange } from '../../packages/ieum/src/hub/memory/memory-broker-exchange.js';
import { systemClock } from '../../packages/ieum/src/platform/system-clock.js';
import { type BrokerHarness, brokerContract } from './broker-contract.js';

// A broker in memory is there as soon as it is made.
brokerContract('brokers of one memory exchange', async () => new MemoryHarness(), { canOpenLate: false });

class MemoryHarness implements BrokerHarness {
  readonly #exchange = new MemoryExchange({
    clock: systemClock,
    now: Date.now,
    createEpoch: randomUUID,
    leaseMs: 100,
  });
  readonly #brokers: Broker[] = [];

  async createBroker(): Promise<Broker> {
    const broker = new MemoryBroker({ exchange: this.#exchange });
    this.#brokers.push(broker);
    return broker;
  }

  async kill(broker: Broker): Promise<void> {
    this.#brokers.splice(this.#brokers.indexOf(broker), 1);
    this.#exchange.disconnect(broker);
  }

  async interrupt(): Promise<void> {
    for (const broker of this.#brokers) this.#exchange.disconnect(broker);
  }

  async restore(): Promise<void> {
    for (const broker of this.#brokers) this.#exchange.reconnect(broker);
  }

  async restoreEmpty(): Promise<void> {
    this.#exchange.lose();
    await this.restore();
  }

  /** Each broker misses what the others publish meanwhile, and the answer to what it publishes next. */
  async cutConnections(): Promise<void> {
    for (const broker of this.#brokers) this.#exchange.loseNextAnswer(broker);
    await new Promise(setImmediate);
    await this.interrupt();
    await new Promise(setImmediate);
    await this.restore();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#brokers.map((broker) => broker.close()));
  }
}
