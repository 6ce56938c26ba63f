import type { HistoryRetention, Retention } from './broker.js';
import type { StandardSchema } from './standard-schema.js';

/**
 * What happens to a subscriber who reads more slowly than a topic is published to, once the connection's send queue is full.
 *
 * - `wait`: nothing is lost. With history, the hub goes on from there when the reader has caught up; without, up to
 *   `maxQueuedBytes` wait in the hub, then the connection is closed with 1013.
 * - `drop-newest`: what is published meanwhile is dropped, and the subscriber told of the gap.
 * - `drop-oldest`: up to `maxQueuedBytes` wait, the oldest are dropped for new ones, and the subscriber told of the gap.
 * - `latest`: only the latest publication waits; each replaces the one before. For values that replace each other.
 * - `close`: the connection is closed with 1013.
 */
export type SlowReaderPolicy = 'wait' | 'drop-newest' | 'drop-oldest' | 'latest' | 'close';

/** What holds for the topics of a namespace. */
export interface TopicPolicy<User = unknown> {
  /** What is kept for those who come back. Default `{ maxMessages: 1_000, maxAgeMs: 300_000 }`; false for nothing. */
  readonly history?: Partial<HistoryRetention> | false;
  /** Whether the hub knows who is there. Default false. */
  readonly presence?: boolean;
  /** Default `wait`. */
  readonly slowReader?: SlowReaderPolicy;
  /** Bytes of one subscription that may wait in the hub. Default 1 MiB. */
  readonly maxQueuedBytes?: number;
  /** The largest payload, in bytes. Default 64 KiB. */
  readonly maxPayloadBytes?: number;
  /** How long a publication that comes again, with the same key, is known to be the same. Default two minutes. */
  readonly idempotencyMs?: number;
  /** What is published must be JSON that this accepts. */
  readonly schema?: StandardSchema;
  /**
   * Gives a subscriber what they need to go on after a gap, instead of what they missed: all of a document, say. Called
   * after the position that publications then go on from is known, so it may hold some of them already.
   */
  readonly snapshot?: (topic: string, user: User) => unknown;
}

/** A policy with everything that was left out. */
export interface CompletePolicy<User = unknown> {
  readonly retention: Retention;
  readonly presence: boolean;
  readonly slowReader: SlowReaderPolicy;
  readonly maxQueuedBytes: number;
  readonly maxPayloadBytes: number;
  readonly schema: StandardSchema | null;
  readonly snapshot: ((topic: string, user: User) => unknown) | null;
}
