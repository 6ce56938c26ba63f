import type { BrokerSink, MemberChange, NodeMember } from '../../packages/ieum/src/hub/broker.js';
import type { Position } from '../../packages/ieum/src/hub/position.js';
import type { Publication } from '../../packages/ieum/src/hub/publication.js';

/** What a broker told its sink. */
export type SinkEvent =
  | { readonly type: 'publication'; readonly topic: string; readonly publication: Publication }
  | { readonly type: 'pattern-publication'; readonly topic: string; readonly publication: Publication }
  | { readonly type: 'gap'; readonly topic: string; readonly position: Position | null }
  | { readonly type: 'pattern-gap' }
  | {
      readonly type: 'changes';
      readonly topic: string;
      readonly node: string;
      readonly changes: readonly MemberChange[];
    }
  | { readonly type: 'members'; readonly topic: string; readonly members: readonly NodeMember[] }
  | { readonly type: 'readiness'; readonly isReady: boolean; readonly error: unknown };

/** Keeps what a broker tells, in order, and lets a test wait for it. */
export class RecordingSink implements BrokerSink {
  readonly events: SinkEvent[] = [];
  #waiters = new Set<() => void>();

  handlePublication(publication: Publication): void {
    this.#record({ type: 'publication', topic: publication.topic, publication });
  }

  handlePatternPublication(publication: Publication): void {
    this.#record({ type: 'pattern-publication', topic: publication.topic, publication });
  }

  handleGap(topic: string, position: Position | null): void {
    this.#record({ type: 'gap', topic, position });
  }

  handlePatternGap(): void {
    this.#record({ type: 'pattern-gap' });
  }

  handleMemberChanges(topic: string, node: string, changes: readonly MemberChange[]): void {
    this.#record({ type: 'changes', topic, node, changes });
  }

  handleMembers(topic: string, members: readonly NodeMember[]): void {
    this.#record({ type: 'members', topic, members });
  }

  handleReadiness(isReady: boolean, error?: unknown): void {
    this.#record({ type: 'readiness', isReady, error });
  }

  /** Publications of a followed topic, in the order in which they came. */
  publications(topic: string): Publication[] {
    return this.events.flatMap((event) =>
      event.type === 'publication' && event.topic === topic ? [event.publication] : [],
    );
  }

  texts(topic: string): string[] {
    return this.publications(topic).map(({ text }) => text);
  }

  /** Publications of topics that match a pattern, as far as `isWanted` says so. */
  patternTexts(isWanted: (topic: string) => boolean): string[] {
    return this.events.flatMap((event) =>
      event.type === 'pattern-publication' && isWanted(event.topic) ? [event.publication.text] : [],
    );
  }

  gaps(topic: string): (Position | null)[] {
    return this.events.flatMap((event) =>
      event.type === 'gap' && event.topic === topic ? [event.position] : [],
    );
  }

  get patternGaps(): number {
    return this.events.filter(({ type }) => type === 'pattern-gap').length;
  }

  /** What it heard last: whether the broker can be reached. */
  get readiness(): boolean | undefined {
    return this.events.findLast((event) => event.type === 'readiness')?.isReady;
  }

  /**
   * Who is there after a snapshot, by what came from `since` on: changes that came while the snapshot was asked for are
   * applied to it, which changes nothing where it has them already.
   */
  membersAfter(topic: string, snapshot: readonly NodeMember[], since: number): readonly NodeMember[] {
    let members = byPlace(snapshot);
    for (const event of this.events.slice(since)) {
      if (event.type === 'members' && event.topic === topic) members = byPlace(event.members);
      if (event.type === 'changes' && event.topic === topic) apply(members, event.node, event.changes);
    }
    return sortedMembers([...members.values()]);
  }

  /** Resolves when `condition` holds after something came; rejects, naming `what`, when it does not in time. */
  until(what: string, condition: () => boolean, timeoutMs = 15_000): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiters.delete(look);
      };
      const look = () => {
        if (!condition()) return;
        settle();
        resolve();
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`in ${timeoutMs} ms not: ${what}; the last events: ${this.#lastEvents()}`));
      }, timeoutMs);
      this.#waiters.add(look);
    });
  }

  untilTexts(topic: string, count: number): Promise<void> {
    return this.until(`${count} publications of ${topic}`, () => this.publications(topic).length >= count);
  }

  /** Resolves when a publication with this text came. */
  untilText(topic: string, text: string): Promise<void> {
    return this.until(`${text} on ${topic}`, () => this.publications(topic).at(-1)?.text === text);
  }

  untilReadiness(isReady: boolean): Promise<void> {
    return this.until(`readiness ${isReady}`, () => this.readiness === isReady);
  }

  #record(event: SinkEvent): void {
    this.events.push(event);
    for (const look of [...this.#waiters]) look();
  }

  #lastEvents(): string {
    return this.events.slice(-8).map(describeEvent).join(', ');
  }
}

/** In an order that does not depend on who was told first. */
export function sortedMembers(members: readonly NodeMember[]): NodeMember[] {
  return [...members].sort((a, b) => (placeOf(a.node, a.user) < placeOf(b.node, b.user) ? -1 : 1));
}

function byPlace(members: readonly NodeMember[]): Map<string, NodeMember> {
  return new Map(members.map((member) => [placeOf(member.node, member.user), member]));
}

function apply(members: Map<string, NodeMember>, node: string, changes: readonly MemberChange[]): void {
  for (const change of changes) {
    const place = placeOf(node, change.user);
    if (change.type === 'absent') members.delete(place);
    else members.set(place, { node, user: change.user, info: change.info });
  }
}

function placeOf(node: string, user: string): string {
  return JSON.stringify([node, user]);
}

function describeEvent(event: SinkEvent): string {
  switch (event.type) {
    case 'publication':
    case 'pattern-publication':
      return `${event.type} ${event.topic} ${event.publication.text.slice(0, 40)} @${event.publication.position?.offset}`;
    case 'gap':
      return `gap ${event.topic} @${event.position?.offset}`;
    case 'readiness':
      return `readiness ${event.isReady}`;
    default:
      return event.type;
  }
}
