import type { Position } from './position.js';
import type { Publication, PublicationDraft } from './publication.js';

/**
 * Where the hubs of one system meet: it orders what is published on a topic, keeps history and tells who is there.
 * The memory broker is one for a hub by itself. One contract suite holds for all.
 *
 * A broker puts the publications of a topic in one order for everybody; those of one node are in it as they were published,
 * awaited or not. Between `follow` and `unfollow` it gives every
 * publication of the topic to the sink, in that order and once, also after its connection broke and healed; where it
 * cannot, it says so with `handleGap`, before anything that came later.
 */
export interface Broker {
  /** Whether it can be reached now. */
  readonly isReady: boolean;

  /** Connects. Called once, before all others. Rejects when the options are wrong; waits for a broker that is not there yet. */
  open(sink: BrokerSink): Promise<void>;

  /**
   * Publishes, and resolves when the broker has it. Publishing a draft with the `id` of one that it has already changes
   * nothing, for at least `retention.idempotencyMs`; so does one with the same `key` on the same topic.
   * Rejects with HubError `ERR_HUB_UNAVAILABLE` when it is not known to have it: publish the same draft again.
   */
  publish(draft: PublicationDraft, retention: Retention): Promise<Receipt>;

  /**
   * Begins to give the sink what is published on a topic from now on, behind the position that it resolves with: null on a
   * topic without history. Rejects with `ERR_HUB_UNAVAILABLE`.
   */
  follow(topic: string, retention: Retention): Promise<Position | null>;
  unfollow(topic: string): void;

  /**
   * Begins to give the sink, by `handlePatternPublication`, what is published on all topics that match. May give it more
   * than that, but each publication once, however many patterns match it, and in the order of its topic.
   */
  followPattern(pattern: string): Promise<void>;
  unfollowPattern(pattern: string): void;

  /** Reads kept publications of a topic, oldest first. Rejects with `ERR_HUB_UNAVAILABLE`. */
  history(topic: string, retention: Retention, request: HistoryRequest): Promise<HistoryPage>;

  /**
   * Says who of a topic's members is connected through this node. Resolves when it is known to others, who learn of it
   * within the broker's node lease when this node dies. Forgotten by nobody but this node meanwhile, also when the broker
   * loses its data.
   */
  changeMembers(topic: string, changes: readonly MemberChange[]): Promise<void>;
  /** Begins to tell the sink about the members of a topic, of all nodes; resolves with who is there now. */
  followMembers(topic: string): Promise<readonly NodeMember[]>;
  unfollowMembers(topic: string): void;
  /** Who is there now. */
  members(topic: string): Promise<readonly NodeMember[]>;

  /** Takes this node's members away and disconnects. */
  close(): Promise<void>;
}

/** What a broker gives to a hub. Never throws. */
export interface BrokerSink {
  handlePublication(publication: Publication): void;
  handlePatternPublication(publication: Publication): void;
  /** Publications of a followed topic may be lost; those that come next come after `position` (null without history). */
  handleGap(topic: string, position: Position | null): void;
  /** The same for all patterns: the broker could not be heard for a while. */
  handlePatternGap(): void;
  /** Members of a followed topic on one node changed. */
  handleMemberChanges(topic: string, node: string, changes: readonly MemberChange[]): void;
  /** Who is there, all of it: a node died, or the broker could not be heard for a while. */
  handleMembers(topic: string, members: readonly NodeMember[]): void;
  /** It became reachable or unreachable; `error` says why it is not. */
  handleReadiness(isReady: boolean, error?: unknown): void;
}

/** What is kept of a topic. */
export interface Retention {
  /** Null: nothing is kept, publications have no position. */
  readonly history: HistoryRetention | null;
  /** How long a publication that is published again is recognised. */
  readonly idempotencyMs: number;
}

export interface HistoryRetention {
  readonly maxMessages: number;
  readonly maxAgeMs: number;
}

/** What became of a publication. */
export interface Receipt {
  readonly position: Position | null;
  /** It was there already: nothing was published, and `position` is where it stands. */
  readonly isDuplicate: boolean;
}

export interface HistoryRequest {
  /** Those after it; null for the latest ones. */
  readonly since: Position | null;
  /** At most so many: the first ones after `since`, or the last ones of all. */
  readonly limit: number;
}

export interface HistoryPage {
  readonly publications: readonly Publication[];
  /** Where the topic stood when the page was read. */
  readonly position: Position;
  /** Nothing between `since` and the first of `publications`, or `position` without any, is missing. True without `since`. */
  readonly isContinuous: boolean;
}

/** Somebody who is there. */
export interface Member {
  /** Several connections of a user are one member. */
  readonly user: string;
  /** What the application tells others about them: anything that JSON can hold. */
  readonly info: unknown;
}

export interface NodeMember extends Member {
  /** The node that they are connected to. */
  readonly node: string;
}

/** Somebody came or has new `info`, or left. */
export type MemberChange =
  | { readonly type: 'present'; readonly user: string; readonly info: unknown }
  | { readonly type: 'absent'; readonly user: string };
