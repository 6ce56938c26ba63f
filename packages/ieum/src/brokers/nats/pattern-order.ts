import type { StreamMessage } from './message.js';

/** A message of a topic, on its way to the sink. */
export interface Arrival {
  /** Its subject: its topic and class. */
  readonly subject: string;
  readonly live: StreamMessage;
}

/** What an order is told to do. */
export interface OrderHandlers<Item extends Arrival> {
  give(item: Item): void;
  /** Some are missing before the next that is given. */
  handleLoss(): void;
  /** A sequence that was passed: the stream may be another one. */
  handlePassed(item: Item): void;
}

/**
 * Puts the messages of many topics into the order of their topics: a server may publish what several clients store at once in
 * another one. What does not come for a moment is told as lost. Topics that were quiet for long are forgotten.
 */
export class PatternOrder<Item extends Arrival> {
  readonly #handlers: OrderHandlers<Item>;
  readonly #topics = new Map<string, TopicOrder<Item>>();

  constructor(handlers: OrderHandlers<Item>) {
    this.#handlers = handlers;
  }

  receive(item: Item): void {
    const topic = this.#topicOf(item);
    const { sequence } = item.live;
    if (topic.last !== null && sequence <= topic.last) {
      this.#handlers.handlePassed(item);
      return;
    }
    const at = topic.waiting.findLastIndex(({ live }) => live.sequence < sequence);
    topic.waiting.splice(at + 1, 0, item);
    this.#give(topic);
    if (topic.waiting.length > maxWaiting) this.#release(topic);
    else if (topic.waiting.length > 0) {
      topic.timer ??= setTimeout(() => this.#release(topic), topic.last === null ? newGraceMs : graceMs);
    }
  }

  /** Gives what waits and forgets all topics: what came before is not known any more. */
  clear(): void {
    for (const topic of this.#topics.values()) {
      this.#stop(topic);
      for (const item of topic.waiting.splice(0)) this.#handlers.give(item);
    }
    this.#topics.clear();
  }

  #topicOf({ subject, live }: Item): TopicOrder<Item> {
    let topic = this.#topics.get(subject);
    // Those that were quiet for the longest time stand first.
    if (topic !== undefined) this.#topics.delete(subject);
    // Of a new topic nothing before is expected, but what was stored just before may come just after.
    else topic = { last: live.previous === 0 ? 0 : null, waiting: [], timer: null };
    this.#topics.set(subject, topic);
    if (this.#topics.size > maxTopics) this.#forgetOne();
    return topic;
  }

  #forgetOne(): void {
    const [oldest] = this.#topics;
    if (oldest === undefined) return;
    if (oldest[1].waiting.length > 0) this.#release(oldest[1]);
    this.#topics.delete(oldest[0]);
  }

  /** Nothing more is expected before what waits. */
  #release(topic: TopicOrder<Item>): void {
    this.#stop(topic);
    const first = topic.waiting[0]?.live;
    if (first === undefined) return;
    if (topic.last !== null) this.#handlers.handleLoss();
    topic.last = first.previous;
    this.#give(topic);
    // Another one is missing behind: it has its own time.
    if (topic.waiting.length > 0) topic.timer = setTimeout(() => this.#release(topic), graceMs);
  }

  #give(topic: TopicOrder<Item>): void {
    while (topic.last !== null) {
      const [item] = topic.waiting;
      if (item === undefined || item.live.previous > topic.last) break;
      topic.waiting.shift();
      if (item.live.sequence <= topic.last) continue;
      topic.last = item.live.sequence;
      this.#handlers.give(item);
    }
    if (topic.waiting.length === 0) this.#stop(topic);
  }

  #stop(topic: TopicOrder<Item>): void {
    if (topic.timer !== null) clearTimeout(topic.timer);
    topic.timer = null;
  }
}

interface TopicOrder<Item> {
  /** The last sequence that was given; null for a topic that is new here. */
  last: number | null;
  readonly waiting: Item[];
  timer: NodeJS.Timeout | null;
}

const maxTopics = 10_000;
const maxWaiting = 1_024;
const graceMs = 250;
const newGraceMs = 20;
