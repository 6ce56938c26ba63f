import type { SendResult } from '../channel/send-queue.js';
import type { Member } from './broker.js';
import type { Position } from './position.js';
import type { Publication } from './publication.js';

/**
 * What a dialect does with what the hub has for one of its connections. Called as things happen, one at a time, never after
 * the session was closed; nothing of it may throw.
 */
export interface Subscriber {
  /** Sends a publication. A promise, as a channel gives it, says that the reader is slow: nothing more is delivered until it settles. */
  handlePublication(
    publication: Publication,
    subscription: SubscriptionFace,
  ): SendResult | Promise<SendResult>;
  /** Publications are missing: what comes next comes after `gap.position`. */
  handleGap(gap: Gap, subscription: SubscriptionFace): void;
  /** Who is there has changed, on a topic that was subscribed to with `presence`. */
  handlePresence(change: PresenceChange, subscription: SubscriptionFace): void;
  /** The subscription ends without the session asking: its right to it is gone. Nothing follows for it. */
  handleEnd(reason: SubscriptionEnd, subscription: SubscriptionFace): void;
  /** The session's right to be here ends in `inMs`, unless it is renewed. */
  handleExpiring(inMs: number): void;
  /** Asks the client: its answer goes to `Session.receiveAnswer` with the same `id`. */
  handleRequest(request: OutgoingRequest): void;
  /** Nobody waits for the answer any more. */
  handleCancel(id: number): void;
  /** The hub wants the connection closed. The dialect closes its channel, and then the session. */
  handleClose(close: SessionClose): void;
}

/** What a dialect sees of a subscription. */
export interface SubscriptionFace {
  /** The topic, or the pattern. */
  readonly topic: string;
  readonly isPattern: boolean;
  /** What the dialect gave when it subscribed: its own name for the subscription, or a request to answer. */
  readonly tag: unknown;
}

/** A request to a client. */
export interface OutgoingRequest {
  readonly id: number;
  readonly method: string;
  /** Anything that JSON can hold. */
  readonly data: unknown;
}

/** How a subscription begins: known before anything is delivered. */
export interface Subscribed {
  /** What is delivered comes after it. Null on topics without history, and for patterns. */
  readonly position: Position | null;
  /**
   * - `fresh`: it asked for nothing from before.
   * - `recovered`: all it missed follows, and then what is new.
   * - `gap`: a gap follows, because what it missed is not there any more.
   */
  readonly recovery: 'fresh' | 'recovered' | 'gap';
  /** Who is there, when it was asked for. */
  readonly members: readonly Member[] | null;
}

/** Publications that somebody should have got, and will not. */
export interface Gap {
  /**
   * - `expired`: history does not reach back so far any more.
   * - `epoch`: the topic's history was lost, or began anew.
   * - `broker`: the broker could not be heard for a while.
   * - `slow-reader`: the policy dropped them.
   */
  readonly reason: 'expired' | 'epoch' | 'broker' | 'slow-reader';
  /** What comes next comes after it; null on topics without history and for patterns. */
  readonly position: Position | null;
  /** How many, where that is known. */
  readonly missed: number | null;
  /** What the namespace's `snapshot` gave; undefined without one. */
  readonly snapshot?: unknown;
}

export interface PresenceChange {
  readonly joined: readonly Member[];
  /** Their `info` is what it was at last. */
  readonly left: readonly Member[];
}

export interface SubscriptionEnd {
  readonly code: 'ERR_HUB_FORBIDDEN' | 'ERR_HUB_UNAVAILABLE';
}

export interface SessionClose {
  /** A close code of WebSocket. */
  readonly code: number;
  readonly reason: string;
  /** When to come back, if that is known. */
  readonly retryAfterMs: number | null;
}
