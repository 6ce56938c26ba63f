import fc from 'fast-check';
import type { TopicPolicy } from 'ieum/hub';
import { expect, test } from 'vitest';

import { faultIn, HubClient, HubWorld } from './hub-world.js';

const topics = ['a', 'b/c'];

class Run {
  readonly world: HubWorld;
  readonly clients: HubClient[];

  constructor(seed: number) {
    this.world = new HubWorld(seed);
    this.clients = ['ann', 'bob', 'cyd'].map((name) => new HubClient(name, this.world));
  }

  client(number: number): HubClient {
    return this.clients[number] as HubClient;
  }

  /** Everything heals, everybody comes back, and everything that is due happens. */
  async heal(): Promise<void> {
    for (const client of this.clients) {
      client.readAgain();
      if (client.session === null) await client.connect(0);
    }
    // An answer may be lost on the way.
    for (let round = 0; round < 3; round++) {
      for (const broker of this.world.brokers) this.world.exchange.reconnect(broker);
      await this.world.settle();
      for (const client of this.clients) await client.retry();
      await this.world.pass(1_000);
    }
  }

  faults(): string[] {
    return this.clients.flatMap((client) =>
      topics.flatMap((topic) => {
        const fault = faultIn(client.logOf(topic), this.world.publishedOn(topic));
        return fault === null ? [] : [`${client.name} on ${topic}: ${fault}`];
      }),
    );
  }

  gaps(): number {
    const all = this.clients.flatMap(({ seen }) => [...seen.values()].flat());
    return all.filter(({ type }) => type === 'gap').length;
  }
}

type Step = (run: Run) => Promise<void> | void;
interface NamedStep {
  readonly name: string;
  readonly step: Step;
}

const node = fc.integer({ min: 0, max: 1 });
const who = fc.integer({ min: 0, max: 2 });
const topic = fc.constantFrom(...topics);
const named = (name: string, step: Step): NamedStep => ({ name, step });

const publish = fc
  .tuple(node, topic, fc.integer({ min: 1, max: 6 }), fc.boolean())
  .map(([n, t, count, settles]) =>
    named(`publish ${count} on ${t} by ${n}${settles ? '' : ' and do not wait'}`, async ({ world }) => {
      const all = [];
      for (let i = 0; i < count; i++) all.push(world.publish(n, t));
      if (settles) await Promise.race([Promise.all(all), world.settle()]);
    }),
  );
const publishTwice = fc.tuple(topic, fc.integer({ min: 1, max: 3 })).map(([t, key]) =>
  named(`publish on ${t} with key ${key}`, async ({ world }) => {
    const both = [world.publish(0, t, `k${key}`), world.publish(1, t, `k${key}`)];
    await Promise.race([Promise.all(both), world.settle()]);
  }),
);
const connect = fc.tuple(who, node, fc.boolean()).map(([w, n, waits]) =>
  named(`${w} connects to ${n}`, async (run) => {
    const connecting = run.client(w).connect(n);
    if (waits) await connecting;
  }),
);
const disconnect = who.map((w) => named(`${w} disconnects`, (run) => run.client(w).disconnect()));
const subscribe = fc.tuple(who, topic, fc.boolean()).map(([w, t, waits]) =>
  named(`${w} subscribes to ${t}`, async (run) => {
    const subscribing = run.client(w).subscribe(t);
    if (waits) await subscribing;
  }),
);
const settle = fc.constant(named('settle', ({ world }) => world.settle()));
const turn = fc.constant(named('one turn', ({ world }) => world.turn()));
const pass = fc
  .constantFrom(50, 900, 6_000, 70_000)
  .map((ms) =>
    named(`pass ${ms} ms`, ({ world }) =>
      world.pass(Math.min(ms, 1_000)).then(() => world.clock.advance(Math.max(0, ms - 1_000))),
    ),
  );
const stopReading = who.map((w) => named(`${w} stops reading`, (run) => run.client(w).stopReading()));
const readAgain = who.map((w) => named(`${w} reads again`, (run) => run.client(w).readAgain()));
const cut = node.map((n) =>
  named(`broker ${n} is cut off`, ({ world }) => world.exchange.disconnect(world.brokers[n] as never)),
);
const mend = node.map((n) =>
  named(`broker ${n} is back`, ({ world }) => world.exchange.reconnect(world.brokers[n] as never)),
);
const loseAnswer = node.map((n) =>
  named(`broker ${n} loses an answer`, ({ world }) =>
    world.exchange.loseNextAnswer(world.brokers[n] as never),
  ),
);
const lose = fc.constant(named('everything is lost', ({ world }) => world.exchange.lose()));

const calm = fc.oneof(
  { arbitrary: publish, weight: 5 },
  publishTwice,
  connect,
  disconnect,
  subscribe,
  { arbitrary: turn, weight: 3 },
  settle,
  stopReading,
  readAgain,
);
const stormy = fc.oneof({ arbitrary: calm, weight: 6 }, pass, cut, mend, loseAnswer, lose);

async function walk(
  steps: readonly NamedStep[],
  policies: Record<string, TopicPolicy<null>>,
  { seed, buffers }: { readonly seed: number; readonly buffers: boolean },
): Promise<Run> {
  const run = new Run(seed);
  await run.world.audit(topics, { history: { maxMessages: 10_000, maxAgeMs: 1e9 }, idempotencyMs: 120_000 });
  await run.world.start(2, policies, buffers ? { whenBrokerDown: { type: 'buffer' } } : {});
  try {
    for (const { step } of steps) await step(run);
    await run.heal();
    return run;
  } finally {
    await run.world.stop();
  }
}

const show = (steps: readonly NamedStep[]) => steps.map(({ name }) => name).join('\n');
const sequence = (step: fc.Arbitrary<NamedStep>) =>
  fc
    .array(step, { minLength: 1, maxLength: 40, size: 'max' })
    .map((steps) => Object.assign(steps, { [fc.toStringMethod]: () => show(steps) }));

test('whatever clients do, they get what was published, in order and once, and need be told of no gap', async () => {
  await fc.assert(
    fc.asyncProperty(sequence(calm), fc.nat(), async (steps, seed) => {
      const run = await walk(steps, { '**': { history: { maxMessages: 10_000 } } }, { seed, buffers: false });
      expect(run.faults()).toEqual([]);
      expect(run.gaps()).toBe(0);
    }),
    { numRuns: 500 },
  );
}, 60_000);

test.each([
  ['long histories', { '**': {} }, false],
  ['histories of three', { '**': { history: { maxMessages: 3 } } }, false],
  ['short histories', { '**': { history: { maxAgeMs: 5_000 } } }, false],
  ['a backlog of publications', { '**': {} }, true],
  ['a snapshot', { '**': { history: { maxMessages: 3 }, snapshot: async () => ({ all: true }) } }, false],
] as const)(
  'with %s, whatever fails and expires, nothing is lost in silence, doubled or out of order',
  async (_name, policies, buffers) => {
    await fc.assert(
      fc.asyncProperty(sequence(stormy), fc.nat(), async (steps, seed) => {
        const run = await walk(steps, policies as Record<string, TopicPolicy<null>>, { seed, buffers });
        expect(run.faults()).toEqual([]);
      }),
      { numRuns: 500 },
    );
  },
  60_000,
);
