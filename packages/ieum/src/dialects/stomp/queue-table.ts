import { HubError } from '../../hub/hub-error.js';
import type { Identity } from '../../hub/identity.js';
import { Publication } from '../../hub/publication.js';
import type { Content } from '../../hub/publishing/content.js';
import { randomId, timeOfDay } from '../../platform/system.js';

import { queueTopic } from './destination.js';
import { bytesOf, Queue, type Queued } from './queue.js';
import { type Refusal, refusal } from './refusal.js';
import type { StompSubscription } from './stomp-subscription.js';

/**
 * Queues: each message goes to one of those who subscribe, and again to another one when that one refuses it or is gone.
 * They are in the memory of this process, and reach who is connected to it.
 */
export interface QueueOptions<User = unknown> {
  /** Whether a user may send to a queue, or take from it. Nothing but true lets them. */
  readonly authorize: (
    action: 'publish' | 'subscribe',
    queue: string,
    user: User,
    identity: Identity<User>,
  ) => boolean | Promise<boolean>;
  /** Messages that wait in one queue, beyond which SEND is refused. Default 10,000. */
  readonly maxMessages?: number;
  /** Bytes that wait in all queues. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Queues that are in use at once. Default 10,000. */
  readonly maxQueues?: number;
  /** Is told of a message that was refused as often as may be, and is dropped. */
  readonly handleDead?: (queue: string, publication: Publication) => void;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Makes names of messages, which no two share. Default `crypto.randomUUID`. */
  readonly createId?: () => string;
}

/** Makes queues for several routes, of a server over WebSocket and SockJS. @throws HubError `ERR_HUB_INVALID_OPTION` */
export function createStompQueues<User>(options: QueueOptions<User>): QueueTable<User> {
  return new QueueTable(options);
}

/** Queues that several routes share. Made by `createStompQueues`. */
export class QueueTable<User = unknown> {
  readonly options: QueueOptions<User>;
  readonly #queues = new Map<string, Queue>();
  readonly #now: () => number;
  readonly #createId: () => string;
  /** Of what waits in all of them. */
  #bytes = 0;

  /** @throws HubError `ERR_HUB_INVALID_OPTION` */
  constructor(options: QueueOptions<User>) {
    if (typeof options?.authorize !== 'function') throw invalid('authorize must be a function');
    const { maxMessages = 1, maxBytes = 1, maxQueues = 1 } = options;
    for (const [name, value] of Object.entries({ maxMessages, maxBytes, maxQueues })) {
      if (!Number.isSafeInteger(value) || value <= 0)
        throw invalid(`${name} must be a whole number above zero`);
    }
    this.options = options;
    this.#now = options.now ?? timeOfDay;
    this.#createId = options.createId ?? randomId;
  }

  send(name: string, content: Content, publisher: string | null): Refusal | null {
    const { maxMessages = 10_000, maxBytes = 64 * 1024 * 1024 } = this.options;
    const queue = this.#queue(name);
    if (queue === null) return refusal('ERR_STOMP_LIMIT', 'there are too many queues');
    if (queue.length >= maxMessages || this.#bytes + bytesOf(content) > maxBytes) {
      this.#tidy(name, queue);
      return refusal('ERR_STOMP_QUEUE_FULL', 'the queue is full');
    }
    const draft = {
      topic: queueTopic(name),
      format: content.format,
      payload: content.payload,
      headers: content.headers ?? {},
      publisher,
      id: this.#createId(),
      key: null,
    };
    queue.add(new Publication(draft, null, this.#now()));
    this.#tidy(name, queue);
    return null;
  }

  subscribe(name: string, consumer: StompSubscription): Refusal | null {
    const queue = this.#queue(name);
    if (queue === null) return refusal('ERR_STOMP_LIMIT', 'there are too many queues');
    consumer.openQueue({
      handleRoom: () => queue.serve(consumer),
      giveBack: (items: readonly Queued[]) => {
        queue.giveBack(items);
        this.#tidy(name, queue);
      },
      end: () => {
        queue.deleteConsumer(consumer);
        this.#tidy(name, queue);
      },
    });
    queue.addConsumer(consumer);
    return null;
  }

  #queue(name: string): Queue | null {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    if (this.#queues.size >= (this.options.maxQueues ?? 10_000)) return null;
    const queue = new Queue((change) => {
      this.#bytes += change;
    });
    this.#queues.set(name, queue);
    return queue;
  }

  #tidy(name: string, queue: Queue): void {
    if (queue.isIdle) this.#queues.delete(name);
  }
}

function invalid(problem: string): HubError {
  return new HubError('ERR_HUB_INVALID_OPTION', `queues: ${problem}`);
}
