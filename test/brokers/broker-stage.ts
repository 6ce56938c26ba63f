import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { expect } from 'vitest';

import type { Broker, Receipt, Retention } from '../../packages/ieum/src/hub/broker.js';
import type { PublicationDraft } from '../../packages/ieum/src/hub/publication.js';
import { RecordingSink } from './recording-sink.js';

/** A server of brokers, or what stands for one. */
export interface BrokerHarness {
  /** A broker that is not open yet: a node by itself. */
  createBroker(): Promise<Broker>;
  /** Ends a node as when its process is killed: without `close`, for good. */
  kill(broker: Broker): Promise<void>;
  /** Stops the server: nobody reaches it. */
  interrupt(): Promise<void>;
  /** Starts it again with all its data. */
  restore(): Promise<void>;
  /** Starts it again, all its data lost. */
  restoreEmpty(): Promise<void>;
  /** Breaks all connections of all brokers at once; they may come back when they like. */
  cutConnections(): Promise<void>;
  stop(): Promise<void>;
}

/** Where a broker cannot be what others are. Say why where you set one. */
export interface BrokerTraits {
  /** Whether `open` can be called while the server is not there. Default true. */
  readonly canOpenLate?: boolean;
}

export interface Node {
  readonly broker: Broker;
  readonly sink: RecordingSink;
}

/** What one test uses of a harness. */
export class Stage {
  readonly harness: BrokerHarness;
  readonly #name = randomUUID().slice(0, 8);
  readonly #brokers: Broker[] = [];
  #topics = 0;
  #isInterrupted = false;

  constructor(harness: BrokerHarness) {
    this.harness = harness;
  }

  async node(): Promise<Node> {
    const broker = await this.harness.createBroker();
    this.#brokers.push(broker);
    const sink = new RecordingSink();
    await broker.open(sink);
    return { broker, sink };
  }

  async pair(): Promise<[Node, Node]> {
    return [await this.node(), await this.node()];
  }

  async three(): Promise<[Node, Node, Node]> {
    return [await this.node(), await this.node(), await this.node()];
  }

  /** A topic that no other test has. */
  topic(last = 'topic'): string {
    this.#topics++;
    return `test/${this.#name}/${this.#topics}/${last}`;
  }

  /** Leaves the closing of a broker to the test. */
  release(broker: Broker): void {
    this.#brokers.splice(this.#brokers.indexOf(broker), 1);
  }

  async interrupt(): Promise<void> {
    this.#isInterrupted = true;
    await this.harness.interrupt();
  }

  async restore(data: 'all' | 'none' = 'all'): Promise<void> {
    await (data === 'all' ? this.harness.restore() : this.harness.restoreEmpty());
    this.#isInterrupted = false;
  }

  async end(): Promise<void> {
    if (this.#isInterrupted) await this.restore();
    await Promise.all(this.#brokers.splice(0).map((broker) => broker.close()));
  }
}

/** What tests keep when they have no reason for something else. */
export const kept: Retention = {
  history: { maxMessages: 1_000, maxAgeMs: 60_000 },
  idempotencyMs: 60_000,
};
export const notKept: Retention = { history: null, idempotencyMs: 60_000 };

export function draftOf(topic: string, text: string, rest: Partial<PublicationDraft> = {}): PublicationDraft {
  return {
    topic,
    format: 'text',
    payload: new TextEncoder().encode(text),
    headers: {},
    publisher: null,
    id: randomUUID(),
    key: null,
    ...rest,
  };
}

/** Publishes texts one by one. */
export async function publishTexts(
  { broker }: Node,
  topic: string,
  texts: readonly string[],
  retention: Retention = kept,
): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for (const text of texts) receipts.push(await broker.publish(draftOf(topic, text), retention));
  return receipts;
}

/** Publishes a draft again until the broker has it. */
export async function publishStubbornly(
  { broker }: Node,
  draft: PublicationDraft,
  retention: Retention = kept,
): Promise<Receipt> {
  for (;;) {
    try {
      return await broker.publish(draft, retention);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
      await delay(10);
    }
  }
}

/** Resolves when `look` gives true, which it is asked again and again; an `ERR_HUB_UNAVAILABLE` of it is waited out. */
export async function eventually(
  what: string,
  look: () => Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (performance.now() < until) {
    const isSo = await look().catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
      return false;
    });
    if (isSo) return;
    await delay(10);
  }
  throw new Error(`in ${timeoutMs} ms not: ${what}`);
}

/** Numbers from 1 as texts. */
export function numbers(count: number, prefix = ''): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}
