import type { Clock } from '../../channel/clock.js';

import type { Broker } from '../broker.js';
import type { Contract } from '../contract/contract.js';
import type { HubObserver } from '../hub-observer.js';
import type { HubAction, HubLimits } from '../hub-options.js';
import type { Identity } from '../identity.js';
import type { Presence } from '../presence/presence.js';
import type { PublicationDraft } from '../publication.js';
import type { Content } from '../publishing/content.js';
import type { PublishResult } from '../publishing/publishing.js';
import type { CompletePolicy } from '../topic-policy.js';
import type { FollowedPattern } from '../topics/followed-pattern.js';
import type { FollowedTopic } from '../topics/followed-topic.js';
import type { RequestSchemas } from './request-handlers.js';
import type { Session } from './session.js';

/** What a session needs of its hub. */
export interface SessionHub<User> {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly limits: HubLimits;
  readonly observer: HubObserver;
  readonly presence: Presence;
  readonly reportError: (error: unknown) => void;
  now(): number;
  /** @throws HubError `ERR_HUB_UNKNOWN_TOPIC` */
  policyOf(name: string): CompletePolicy<User>;
  mayDo(action: HubAction, name: string, identity: Identity<User>): Promise<boolean>;
  /** Follows a topic for somebody, who releases it. Rejects with `ERR_HUB_UNAVAILABLE`. */
  holdTopic(name: string, policy: CompletePolicy<User>): Promise<FollowedTopic>;
  holdPattern(name: string, policy: CompletePolicy<User>): Promise<FollowedPattern>;
  /** What is to be published, checked. Rejects with what is wrong with it. */
  draftOf(topic: string, content: Content, by: Publisher): Promise<PublicationDraft>;
  publishDraft(draft: PublicationDraft): Promise<PublishResult>;
  /** What the contract says of a method that clients answer. */
  clientRequestOf(method: string): RequestSchemas;
  handleRequest(method: string, data: unknown, context: RequestContext<User>): Promise<unknown>;
  handleSessionClosed(session: Session<User>): void;
}

/** Who publishes, and what they call it. */
export interface Publisher {
  readonly name: string | null;
  readonly key: string | null;
}

/** What the handler of a request is told beside the data. */
export interface RequestContext<User, Agreed extends Contract | undefined = undefined> {
  readonly session: Session<User, Agreed>;
  /** Aborted when the client does not wait any more. */
  readonly signal: AbortSignal;
}
