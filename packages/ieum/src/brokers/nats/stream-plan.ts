import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos, type WithRequired } from '@nats-io/transport-node';

import type { NatsSettings } from './nats-options.js';
import type { RetentionClass } from './retention-class.js';

/**
 * How the stream of a class is called and made. Every node plans the same, so that it does not matter who is first.
 *
 * Stored messages are published again by the server, with their sequence and that of the one before on the same subject:
 * nodes listen to these, so no consumer is needed, and whatever went missing on the way shows.
 */
export class StreamPlan {
  readonly name: string;
  /** Where topics are published. */
  readonly root: string;
  /** Where the server publishes what it stored. */
  readonly liveRoot: string;
  readonly config: WithRequired<Partial<StreamConfig>, 'name'>;
  /** For how long nothing is removed from the stream but by the number of messages of its topic. 0: unknown. */
  readonly keptMs: number;

  constructor(retention: RetentionClass, settings: NatsSettings) {
    const { prefix } = settings;
    this.name = `${prefix}_${retention.token}`;
    this.root = `${prefix}.t.${retention.token}`;
    this.liveRoot = liveRootOf(prefix, retention.token);
    const { history } = retention;
    const ageMs = history === null ? 0 : history.maxAgeMs + settings.continuityMs;
    const maxAgeMs = Math.max(ageMs, retention.idempotencyMs, leastMs);
    this.keptMs = settings.maxStreamBytes === -1 ? maxAgeMs : 0;
    this.config = {
      name: this.name,
      description: 'ieum topics, generation 0',
      subjects: [`${this.root}.>`],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      storage: history === null ? StorageType.Memory : StorageType.File,
      num_replicas: settings.replicas,
      // One more than is ever given: it proves that nothing is missing between it and the first that is.
      max_msgs_per_subject: history === null ? 1 : history.maxMessages + 1,
      max_bytes: settings.maxStreamBytes,
      max_age: nanos(maxAgeMs),
      duplicate_window: nanos(Math.max(retention.idempotencyMs, leastMs)),
      republish: { src: `${this.root}.>`, dest: `${this.liveRoot}.>` },
      allow_direct: false,
    };
  }

  epochOf(info: StreamInfo): string {
    const made = BigInt(info.created.replace(/\D/g, '')).toString(36);
    return `${made}-${generationOf(info)}`;
  }

  /** The description that begins the next generation. */
  descriptionAfter(info: StreamInfo): string {
    return `ieum topics, generation ${generationOf(info) + 1}`;
  }
}

/** `*` for the token: of all classes. */
export function liveRootOf(prefix: string, token: string): string {
  return `${prefix}.r.${token}`;
}

function generationOf(info: StreamInfo): number {
  return Number(/generation (\d{1,9})$/.exec(info.config.description ?? '')?.[1] ?? 0);
}

/** The server takes no shorter times. */
const leastMs = 100;
