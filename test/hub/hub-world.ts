import { Buffer } from 'node:buffer';

import type {
  Gap,
  Hub,
  HubOptions,
  Position,
  PresenceChange,
  Publication,
  Session,
  Subscriber,
  TopicPolicy,
} from 'ieum/hub';
import { createHub, HubError, MemoryBroker, type Retention } from 'ieum/hub';
import { FakeClock, type SeededRandom, seededRandom } from 'ieum/testing';
import { MemoryExchange } from '../../packages/ieum/src/hub/memory/memory-broker-exchange.js';

import { DistantBroker } from './distant-broker.js';

/** What a client saw on one topic, in order. */
export type Seen =
  | { readonly type: 'subscribed'; readonly position: Position | null }
  | { readonly type: 'resumed'; readonly recovery: string }
  | ({ readonly type: 'message' } & Published)
  | { readonly type: 'gap'; readonly reason: Gap['reason'] };

/** What was published, and where it stands. */
export interface Published {
  readonly number: number;
  readonly position: Position | null;
}

/** A few hubs on one exchange, with a clock that stands still until it is moved. */
export class HubWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly exchange: MemoryExchange;
  readonly brokers: MemoryBroker[] = [];
  readonly hubs: Hub<null>[] = [];
  /** What was published, by topic, as a broker saw it that nothing ever happened to. */
  readonly #published = new Map<string, Published[]>();
  readonly #random: SeededRandom;
  #lastId = 0;
  #number = 0;

  /** @param seed of how late the brokers' answers come: up to three turns of the event loop */
  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const createEpoch = () => `epoch-${++this.#lastId}`;
    this.exchange = new MemoryExchange({ now: () => this.clock.now(), clock: this.clock, createEpoch });
  }

  async start(
    nodes: number,
    topics: Record<string, TopicPolicy<null>>,
    options: HubOptions<null> = {},
  ): Promise<void> {
    for (let i = 0; i < nodes; i++) {
      const broker = new MemoryBroker({ exchange: this.exchange });
      const hub = createHub<null>({
        broker: new DistantBroker(broker, () => this.#random.below(4)),
        topics,
        clock: this.clock,
        now: () => this.clock.now(),
        createId: () => `id-${++this.#lastId}`,
        reportError: (error) => {
          throw error;
        },
        ...options,
      });
      await hub.open();
      this.brokers.push(broker);
      this.hubs.push(hub);
    }
  }

  /** Writes down all that is published on topics. */
  async audit(topics: readonly string[], retention: Retention): Promise<void> {
    const auditor = new MemoryBroker({ exchange: this.exchange });
    await auditor.open({
      handlePublication: (publication) => {
        const { topic, position } = publication;
        this.publishedOn(topic).push({ number: numberIn(publication), position });
      },
      handlePatternPublication: () => {},
      handleGap: () => {},
      handlePatternGap: () => {},
      handleMemberChanges: () => {},
      handleMembers: () => {},
      handleReadiness: () => {},
    });
    for (const topic of topics) await auditor.follow(topic, retention);
  }

  /** Publishes the next number; it may be refused. */
  async publish(node: number, topic: string, key?: string): Promise<void> {
    const number = ++this.#number;
    try {
      await (this.hubs[node] as Hub<null>).publish(topic, String(number), key === undefined ? {} : { key });
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== 'ERR_HUB_UNAVAILABLE') throw error;
    }
  }

  publishedOn(topic: string): Published[] {
    const known = this.#published.get(topic) ?? [];
    this.#published.set(topic, known);
    return known;
  }

  /** Lets one turn of the event loop pass. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 24; turn++) await this.turn();
  }

  /** Lets time pass, and what happens then. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(left, 100));
      await this.settle();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.hubs.map((hub) => hub.close()));
  }
}

/** A client that comes back: what it saw of each topic, and where it was. */
export class HubClient {
  readonly name: string;
  readonly seen: Map<string, Seen[]> = new Map();
  readonly presence: PresenceChange[] = [];
  readonly wanted: Set<string> = new Set();
  session: Session<null> | null = null;
  closedWith: number | null = null;
  readonly #world: HubWorld;
  readonly #positions = new Map<string, Position>();
  /** Topics that the session subscribes to, or is about to. */
  readonly #opening = new Set<string>();
  #room: { readonly promise: Promise<'written'>; readonly open: () => void } | null = null;

  constructor(name: string, world: HubWorld) {
    this.name = name;
    this.#world = world;
  }

  /** Connects to a node, and goes on with all it wants from where it was. */
  async connect(node: number): Promise<void> {
    this.disconnect();
    this.closedWith = null;
    this.session = (this.#world.hubs[node] as Hub<null>).openSession(
      { name: this.name, user: null },
      this.#subscriber(),
    );
    for (const topic of this.wanted) await this.#open(topic);
  }

  disconnect(): void {
    this.#opening.clear();
    this.session?.close();
    this.session = null;
  }

  async subscribe(topic: string): Promise<void> {
    if (this.wanted.has(topic)) return;
    this.wanted.add(topic);
    if (this.session !== null) await this.#open(topic);
  }

  /** From now on it takes nothing, until `readAgain`. */
  stopReading(): void {
    if (this.#room !== null) return;
    let open = () => {};
    const promise = new Promise<'written'>((resolve) => {
      open = () => resolve('written');
    });
    this.#room = { promise, open };
  }

  readAgain(): void {
    const room = this.#room;
    this.#room = null;
    room?.open();
  }

  logOf(topic: string): Seen[] {
    const known = this.seen.get(topic) ?? [];
    this.seen.set(topic, known);
    return known;
  }

  /** Topics that it wants, and could not subscribe to yet. */
  async retry(): Promise<void> {
    if (this.session === null) return;
    for (const topic of this.wanted) await this.#open(topic);
  }

  #isOpen(topic: string): boolean {
    return [...(this.session?.subscriptions ?? [])].some((subscription) => subscription.topic === topic);
  }

  async #open(topic: string): Promise<void> {
    const { session } = this;
    if (session === null || this.#opening.has(topic)) return;
    const since = this.#positions.get(topic);
    this.#opening.add(topic);
    try {
      await session.subscribe(topic, { since }, ({ position, recovery }) => {
        if (position !== null && recovery === 'fresh') this.#positions.set(topic, position);
        this.logOf(topic).push(
          recovery === 'fresh' ? { type: 'subscribed', position } : { type: 'resumed', recovery },
        );
      });
    } catch (error) {
      const code = error instanceof HubError ? error.code : null;
      if (code !== 'ERR_HUB_UNAVAILABLE' && code !== 'ERR_HUB_CLOSED') throw error;
    } finally {
      if (this.session === session && !this.#isOpen(topic)) this.#opening.delete(topic);
    }
  }

  #subscriber(): Subscriber {
    return {
      handlePublication: (publication: Publication) => {
        const { topic, position } = publication;
        this.logOf(topic).push({ type: 'message', number: numberIn(publication), position });
        if (position !== null) this.#positions.set(topic, position);
        return this.#room === null ? 'written' : this.#room.promise;
      },
      handleGap: (gap, { topic }) => {
        this.logOf(topic).push({ type: 'gap', reason: gap.reason });
        if (gap.position !== null) this.#positions.set(topic, gap.position);
      },
      handlePresence: (change) => this.presence.push(change),
      handleClose: ({ code }) => {
        this.closedWith = code;
        this.session = null;
      },
      handleEnd: () => {},
      handleExpiring: () => {},
      handleRequest: () => {},
      handleCancel: () => {},
    };
  }
}

/**
 * What is wrong with what a client saw: it must be what was published, in order and once, from where it first subscribed, but
 * for gaps that it was told of. Null when nothing is.
 */
export function faultIn(seen: readonly Seen[], published: readonly Published[]): string | null {
  let next = -1;
  let mayJump = false;
  for (const event of seen) {
    if (event.type === 'subscribed' && next === -1) next = indexBehind(event.position, published);
    else if (event.type === 'gap') mayJump = true;
    else if (event.type === 'message') {
      const at = published.findIndex((one) => isSame(one, event));
      if (at === -1) return `${event.number} was never published`;
      if (at < next) return `${event.number} came again, or late`;
      if (at > next && !mayJump)
        return `${published[next]?.number} was lost in silence before ${event.number}`;
      next = at + 1;
      mayJump = false;
    }
  }
  if (next === -1 || next === published.length || mayJump) return null;
  return `${published[next]?.number} never came`;
}

/** Where the first publication is that comes after a position. */
function indexBehind(position: Position | null, published: readonly Published[]): number {
  if (position === null) return 0;
  const epoch = epochNumber(position);
  const index = published.findIndex(({ position: other }) => {
    if (other === null) return false;
    const otherEpoch = epochNumber(other);
    return otherEpoch > epoch || (otherEpoch === epoch && other.offset > position.offset);
  });
  return index === -1 ? published.length : index;
}

/** A broker that lost everything does not know what it had, and may take it again: then it stands elsewhere. */
function isSame(a: Published, b: Published): boolean {
  return (
    a.number === b.number &&
    a.position?.epoch === b.position?.epoch &&
    a.position?.offset === b.position?.offset
  );
}

function numberIn({ payload }: Publication): number {
  return Number(Buffer.from(payload).toString());
}

function epochNumber({ epoch }: Position): number {
  return Number(epoch.split('-')[1]);
}
