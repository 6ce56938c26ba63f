import type { Gap } from './subscriber.js';

/** What became of a publication among the subscribers of this node. */
export interface FanOut {
  /** Subscribers to whose transport it was handed. */
  readonly delivered: number;
  /** Subscribers who read slowly, and will get it in their turn. */
  readonly queued: number;
  /** Subscribers whose policy dropped it. */
  readonly dropped: number;
}

/**
 * Is told what a hub does, for metrics and tracing. Everything is optional; nothing of it may throw, and calls are frequent:
 * count, and return.
 */
export interface HubObserver {
  /** A publication was given to the subscribers of this node. */
  handleFanOut?(topic: string, payloadBytes: number, fanOut: FanOut): void;
  /** A client came back for what it missed: `recovered`, or the reason of the gap. */
  handleRecovery?(outcome: 'recovered' | Gap['reason'], publications: number): void;
  /** A slow reader's publications were dropped, or its connection is closed. */
  handleSlowReader?(policy: string, dropped: number): void;
  /** Something was refused. */
  handleRefusal?(code: string): void;
  /** The broker became reachable or unreachable. */
  handleReadiness?(isReady: boolean, error?: unknown): void;
  /** A publish or a request begins; what is returned is called when it ends, with the error if it failed. */
  startOperation?(operation: HubOperation): (error?: unknown) => void;
}

/** Something that takes time, worth a span. */
export type HubOperation =
  | { readonly type: 'publish'; readonly topic: string; readonly payloadBytes: number }
  | { readonly type: 'request'; readonly method: string; readonly direction: 'received' | 'sent' };
