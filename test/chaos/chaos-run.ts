import { setTimeout as delay } from 'node:timers/promises';

import { type SeededRandom, seededRandom } from 'ieum/testing';

import type { BrokerKind } from './chaos-broker.js';
import { allTopics, topicsOf } from './chaos-plan.js';
import { ChaosWorld, type Happened } from './chaos-world.js';
import type { CrowdCounts } from './crowd.js';
import { calmFaults, stormFaults } from './faults.js';
import { type Acknowledged, faultIn, lossesAt, TopicOrder } from './verdict.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly clients: number;
  /** How long clients and nodes alone suffer. */
  readonly calmMs: number;
  /** How long everything does. */
  readonly stormMs: number;
}

export interface ChaosReport {
  readonly kind: BrokerKind;
  readonly options: ChaosOptions;
  readonly happened: readonly Happened[];
  readonly counts: CrowdCounts;
  readonly publications: number;
  readonly elapsedMs: number;
  /** What must not be. */
  readonly problems: readonly string[];
}

/** Has a cluster suffer, and judges what its clients heard. */
export async function runChaos(kind: BrokerKind, options: ChaosOptions): Promise<ChaosReport> {
  const world = await ChaosWorld.start(kind, options.seed, options.clients);
  try {
    return await new ChaosRun(world, kind, options).run();
  } finally {
    await world.stop();
  }
}

class ChaosRun {
  readonly #world: ChaosWorld;
  readonly #kind: BrokerKind;
  readonly #options: ChaosOptions;
  readonly #random: SeededRandom;
  readonly #problems: string[] = [];

  constructor(world: ChaosWorld, kind: BrokerKind, options: ChaosOptions) {
    this.#world = world;
    this.#kind = kind;
    this.#options = options;
    this.#random = seededRandom(options.seed ^ 0x5eed);
  }

  async run(): Promise<ChaosReport> {
    const { crowd, nodes } = this.#world;
    this.#blame('not subscribed at the start', await crowd.settle(patienceMs));
    await this.#beCalm();
    await this.#storm();
    const gone = new Set(await crowd.leave(0.05));
    const ends = await this.#heal();
    await this.#judgePresence(gone);
    const publications = await this.#judge(ends, gone);
    const counts = await crowd.counts();
    this.#judgeGaps(counts);
    this.#blame('of a node', nodes.surprises);
    if (crowd.complaints !== '') this.#blame('of clients', [crowd.complaints]);
    return {
      kind: this.#kind,
      options: this.#options,
      happened: this.#world.happened,
      counts,
      publications,
      elapsedMs: this.#world.elapsedMs,
      problems: this.#problems,
    };
  }

  /** Connections break and nodes die; nothing is lost, and no gap is told. */
  async #beCalm(): Promise<void> {
    const { crowd, nodes } = this.#world;
    await this.#world.suffer(calmFaults(this.#random, this.#options.calmMs, nodes.all.length));
    this.#blame('not there after the calm', await crowd.settle(patienceMs));
    const marks = await this.#mark('in the calm');
    this.#blame('missing after the calm', await crowd.reach(marks, patienceMs));
    const { gaps } = await crowd.counts();
    const needless = Object.entries(gaps).filter(([name]) => !name.startsWith('short '));
    this.#blame(
      'gaps in the calm',
      needless.map(([name, count]) => `${count} ${name}`),
    );
  }

  async #storm(): Promise<void> {
    const { nodes } = this.#world;
    await this.#world.suffer(stormFaults(this.#random, this.#options.stormMs, nodes.all.length));
  }

  /** Everything works again: all is acknowledged, and all clients come to the end of their topics. */
  async #heal(): Promise<readonly Acknowledged[]> {
    const { crowd } = this.#world;
    const unanswered = await crowd.quiet(patienceMs);
    if (unanswered > 0) this.#blame('never acknowledged', [`${unanswered} publications`]);
    const ends = await this.#mark('at the end');
    this.#blame('not subscribed at the end', await crowd.settle(patienceMs));
    this.#blame('missing at the end', await crowd.reach(ends, patienceMs));
    return ends;
  }

  async #mark(when: string): Promise<readonly Acknowledged[]> {
    const topics = allTopics();
    const marks = await this.#world.crowd.mark(topics, patienceMs);
    if (marks.length < topics.length)
      this.#blame(`topics without a mark ${when}`, [`${marks.length} have one`]);
    return marks;
  }

  /** Who is there is who is connected: as nodes answer, and as clients were told. */
  async #judgePresence(gone: ReadonlySet<string>): Promise<void> {
    const expected = this.#world.crowd.membersOf(topicsOf('kept'), gone);
    const endAt = this.#world.elapsedMs + presenceMs;
    let wrong = await this.#wrongMembers(expected);
    while (wrong.length > 0 && this.#world.elapsedMs < endAt) {
      await delay(500);
      wrong = await this.#wrongMembers(expected);
    }
    this.#blame('wrong members', wrong);
    this.#blame(
      'wrong idea of members',
      await this.#world.crowd.members(expected, endAt + 3_000 - this.#world.elapsedMs),
    );
  }

  async #wrongMembers(expected: ReadonlyMap<string, readonly string[]>): Promise<string[]> {
    const answers = await this.#world.askNodes((client) =>
      Promise.all([...expected.keys()].map((topic) => client.members(topic))),
    );
    return answers.flatMap((topics, node) =>
      [...expected].flatMap(([topic, names], i) => {
        const members = (topics[i] ?? []).map(({ user }) => user);
        return isSame(members, names) ? [] : [`node ${node} on ${topic}: ${difference(members, names)}`];
      }),
    );
  }

  /** @returns how many publications there were */
  async #judge(ends: readonly Acknowledged[], gone: ReadonlySet<string>): Promise<number> {
    const { heard, acknowledged } = await this.#world.crowd.logs();
    const isLossBetween = lossesAt(this.#lossTimes, acknowledged);
    const orders = new Map(allTopics().map((topic) => [topic, new TopicOrder(topic, isLossBetween)]));
    const orderOf = (topic: string) => orders.get(topic) as TopicOrder;
    for (const { topic, log } of heard) {
      for (const event of log) if (event.type === 'message') orderOf(topic).add(event.number, event);
    }
    for (const one of acknowledged) orderOf(one.topic).add(one.number, one);
    for (const order of orders.values()) this.#blame('wrong order', order.faults);
    const places = new Map(ends.map((end) => [end.topic, end]));
    for (const { client, topic, log } of heard) {
      const end = gone.has(client) ? null : (places.get(topic) ?? null);
      const fault = faultIn(log, orderOf(topic), end);
      if (fault !== null) this.#blame(`${client} on ${topic}`, [fault]);
    }
    await this.#judgeHistory(ends, orderOf);
    return [...orders.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** What is kept is what was published, at every node. */
  async #judgeHistory(ends: readonly Acknowledged[], orderOf: (topic: string) => TopicOrder): Promise<void> {
    const kept = ends.filter(({ topic }) => topic.startsWith('kept/'));
    const answers = await this.#world.askNodes((client) =>
      Promise.all(kept.map(({ topic }) => client.history(topic, { limit: maxPage }))),
    );
    for (const [node, pages] of answers.entries()) {
      for (const [i, { topic, epoch }] of kept.entries()) {
        const numbers = pages[i]?.data.map((data) => (data as { number: number }).number) ?? [];
        const fault = historyFault(numbers, orderOf(topic).numbersOf(epoch).slice(-maxPage));
        if (fault !== null) this.#blame(`history of ${topic} at node ${node}`, [fault]);
      }
    }
  }

  /** Gaps have a cause: a broker that was away, a history that is short, a reader that is slow. */
  #judgeGaps({ gaps }: CrowdCounts): void {
    const brokerFaults = this.#world.happened.filter(({ fault }) => fault.type.endsWith('broker')).length;
    const bound = brokerFaults * this.#options.clients * 3;
    for (const [name, count] of Object.entries(gaps)) {
      const [topicClass, reason] = name.split(' ');
      const isFitting =
        reason === 'expired'
          ? topicClass === 'short'
          : reason === 'slow-reader'
            ? topicClass === 'drop'
            : count <= bound;
      if (!isFitting) this.#blame('gaps without a cause', [`${count} ${name}`]);
    }
  }

  /** When the broker began anew, in milliseconds since 1970. */
  get #lossTimes(): number[] {
    const losses = this.#world.happened.filter(({ fault }) => fault.type === 'empty broker');
    return losses.map(({ at }) => at);
  }

  #blame(what: string, whom: readonly string[]): void {
    for (const one of whom) this.#problems.push(`${what}: ${one}`);
  }
}

function isSame(members: readonly string[], names: readonly string[]): boolean {
  return members.length === names.length && names.every((name) => members.includes(name));
}

function difference(members: readonly string[], names: readonly string[]): string {
  const missing = names.filter((name) => !members.includes(name));
  const spare = members.filter((name) => !names.includes(name));
  return `without ${missing.join(' ') || 'nobody'}, with ${spare.join(' ') || 'nobody else'}`;
}

function historyFault(kept: readonly number[], published: readonly number[]): string | null {
  const lost = published.filter((number) => !kept.includes(number));
  if (lost.length > 0) return `without ${lost.join(' ')}`;
  // An epoch that begins anew on the data of the one before has more than anybody was told of in it.
  const isSameOrder = kept.filter((number) => published.includes(number)).join() === published.join();
  return isSameOrder ? null : 'in another order';
}

/** How long healing may take. */
const patienceMs = 30_000;
/** The lease of a node that died, the grace of clients, and some time to tell. */
const presenceMs = 30_000;
/** Publications of a page of history. */
const maxPage = 1_000;
