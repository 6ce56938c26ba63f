import { MemberView } from './member-view.js';
import type { WireAnswer, WireMember } from './member-wire.js';

/** All of one node's members of a topic. */
export interface WholeAnswer {
  readonly topic: string;
  readonly version: number;
  readonly members: readonly WireMember[];
}

/** A question to nodes who is there: finished when all that live have answered, or when it takes too long. */
export class MemberQuery {
  readonly finished: Promise<ReadonlyMap<string, MemberView>>;
  readonly #views: ReadonlyMap<string, MemberView>;
  readonly #expected: () => readonly string[];
  readonly #answered = new Set<string>();
  readonly #parts = new Map<string, Map<string, { version: number; members: WireMember[] }>>();
  #isSettled: boolean;
  #end: (error: unknown | null) => void = () => {};

  constructor(
    topics: readonly string[],
    options: {
      readonly expected: () => readonly string[];
      /** So long others may be unknown. */
      readonly settleMs: number;
      readonly timeoutMs: number;
    },
  ) {
    this.#views = new Map(topics.map((topic) => [topic, new MemberView()]));
    this.#expected = options.expected;
    this.#isSettled = options.settleMs === 0;
    const settle = setTimeout(() => {
      this.#isSettled = true;
      this.look();
    }, options.settleMs);
    const limit = setTimeout(() => this.#end(null), options.timeoutMs);
    this.finished = new Promise((resolve, reject) => {
      this.#end = (error) => {
        clearTimeout(settle);
        clearTimeout(limit);
        if (error === null) resolve(this.#views);
        else reject(error);
      };
    });
  }

  /** Takes a part of an answer: with the last part, all that the node said. */
  receive(answer: WireAnswer): readonly WholeAnswer[] {
    const topics = this.#parts.get(answer.n) ?? new Map<string, { version: number; members: WireMember[] }>();
    this.#parts.set(answer.n, topics);
    for (const { t, v, m } of answer.e) {
      const known = topics.get(t);
      if (known?.version === v) known.members.push(...m);
      else topics.set(t, { version: v, members: [...m] });
    }
    if (!answer.end) return [];
    this.#parts.delete(answer.n);
    this.#answered.add(answer.n);
    const whole = [...topics].map(([topic, { version, members }]) => ({ topic, version, members }));
    for (const { topic, version, members } of whole) {
      this.#views.get(topic)?.replace(answer.n, version, members);
    }
    return whole;
  }

  /** Finishes if nobody else can be expected to answer. */
  look(): void {
    if (this.#isSettled && this.#expected().every((node) => this.#answered.has(node))) this.#end(null);
  }

  fail(error: unknown): void {
    this.#end(error);
  }
}
