import type { RedisLink } from './redis-link.js';

/** Which servers there are, and which one has a topic. */
export interface RedisTopology {
  /** Whether every topic has a server that can be reached. */
  readonly isReady: boolean;
  /** One for each master. */
  readonly links: readonly RedisLink[];
  open(): void;
  /** The server that has a topic, or a key by its name; null when none is known. */
  linkOf(tag: string): RedisLink | null;
  /** What has the same group can be changed by one script. */
  groupOf(tag: string): number;
  /** Looks again, because a server said that it is the wrong one. Never rejects. */
  refresh(error: unknown): Promise<void>;
  close(): void;
}

/** Is told how the servers fare. */
export interface TopologyListener {
  handleLinkReady(link: RedisLink): void;
  handleLinkDown(link: RedisLink, error: unknown): void;
  /** Topics may have another server now. */
  handleTopologyChange(): void;
  /** What `isReady` says may have changed; with the error when an attempt failed. */
  handleProgress(error?: unknown): void;
}
