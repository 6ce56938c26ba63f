import type { HistoryPage, Member } from '../broker.js';
import { HubError } from '../hub-error.js';
import type { HubAction } from '../hub-options.js';
import { application, type Identity } from '../identity.js';
import { isSamePosition, type Position } from '../position.js';
import type { Subscribed } from '../subscriber.js';
import { isPattern } from '../topic-name.js';
import type { CompletePolicy } from '../topic-policy.js';
import type { FollowedTopic } from '../topics/followed-topic.js';
import type { SessionHub } from './session-hub.js';
import { goOnFrom, Subscription, type SubscriptionOwner } from './subscription.js';

/** A subscription that is asked for, checked and allowed. */
export interface SubscriptionRequest<User> {
  readonly name: string;
  readonly policy: CompletePolicy<User>;
  readonly since: Position | undefined;
  readonly presence: boolean;
  readonly tag: unknown;
  /** Called at once before anything is delivered. */
  readonly opened: (subscribed: Subscribed, subscription: Subscription) => void;
  /** Who was allowed to. */
  readonly identity: Identity<User>;
}

/** Who asks. */
export interface SubscribingSession<User> {
  readonly id: string;
  readonly identity: Identity<User>;
  readonly isClosed: boolean;
  readonly owner: SubscriptionOwner;
  maySubscribe(name: string, presence: boolean): Promise<boolean>;
  /** The subscription has begun. */
  handleOpened(subscription: Subscription, opened: OpenedSubscription): void;
}

/** What a session knows of a subscription of its own. */
export interface OpenedSubscription {
  /** Whether it watches who is there. */
  readonly presence: boolean;
  /** For its end: gracefully when the client asked for it. */
  release(isGraceful: boolean): void;
}

/** Opens a subscription to a topic. */
export async function subscribeToTopic<User>(
  session: SubscribingSession<User>,
  hub: SessionHub<User>,
  request: SubscriptionRequest<User>,
): Promise<Subscription> {
  const { name, policy } = request;
  const topic = await hub.holdTopic(name, policy);
  const releases: ((isGraceful: boolean) => void)[] = [() => topic.release()];
  const release = (isGraceful: boolean) => {
    for (const undo of releases.splice(0)) undo(isGraceful);
  };
  const source = topic.sourceFor(() => policy.snapshot?.(name, session.identity.user));
  const subscription = new Subscription(session.owner, source, request.tag);
  try {
    requireOpen(session);
    const page = await pageFor(topic, request);
    requireOpen(session);
    const isMember = policy.presence && session.identity !== application;
    if (isMember) releases.push(hub.presence.enter(name, memberOf(session)));
    const followed = request.presence ? await hub.presence.follow(name) : null;
    if (followed !== null) releases.push(() => followed.release());
    requireOpen(session);
    for (let judged = request.identity; judged !== session.identity; requireOpen(session)) {
      judged = session.identity;
      await requireRight(session, request);
    }
    topic.add(subscription);
    releases.push(() => topic.delete(subscription));
    session.handleOpened(subscription, { presence: request.presence, release });
    const watched = followed?.watch((change) =>
      session.owner.subscriber.handlePresence(change, subscription),
    );
    if (watched !== undefined) releases.push(watched.unwatch);
    beginAt(topic, subscription, { request, page, members: watched?.members ?? null });
    return subscription;
  } catch (error) {
    subscription.close();
    release(true);
    throw error;
  }
}

/** Opens a subscription to a pattern: what comes from now on, without history and presence. */
export async function subscribeToPattern<User>(
  session: SubscribingSession<User>,
  hub: SessionHub<User>,
  request: SubscriptionRequest<User>,
): Promise<Subscription> {
  const pattern = await hub.holdPattern(request.name, request.policy);
  const releases = [() => pattern.release()];
  const release = () => {
    for (const undo of releases.splice(0)) undo();
  };
  const subscription = new Subscription(session.owner, pattern.source, request.tag);
  try {
    requireOpen(session);
    for (let judged = request.identity; judged !== session.identity; requireOpen(session)) {
      judged = session.identity;
      await requireRight(session, request);
    }
    pattern.add(subscription);
    releases.push(() => pattern.delete(subscription));
    session.handleOpened(subscription, { presence: false, release });
    request.opened({ position: null, recovery: 'fresh', members: null }, subscription);
    subscription.begin(null);
    return subscription;
  } catch (error) {
    subscription.close();
    release();
    throw error;
  }
}

interface Beginning<User> {
  readonly request: SubscriptionRequest<User>;
  readonly page: HistoryPage | null;
  readonly members: readonly Member[] | null;
}

/** Answers, and begins, where the topic stands at this very moment. */
function beginAt<User>(topic: FollowedTopic, subscription: Subscription, beginning: Beginning<User>): void {
  const { request, page, members } = beginning;
  const { since, opened } = request;
  if (since === undefined) {
    opened({ position: topic.last, recovery: 'fresh', members }, subscription);
    subscription.begin(topic.last);
  } else if (topic.last === null) {
    opened({ position: null, recovery: 'gap', members }, subscription);
    subscription.beginWithGap('expired');
  } else if (page === null || page.isContinuous) {
    opened({ position: since, recovery: 'recovered', members }, subscription);
    subscription.recover(since, page);
  } else {
    const { position } = goOnFrom(since, page, request.policy.snapshot !== null);
    opened({ position, recovery: 'gap', members }, subscription);
    subscription.recover(since, page);
  }
}

/** The first page of what was missed; null when nothing was, as far as is known. */
async function pageFor<User>(
  topic: FollowedTopic,
  { since }: SubscriptionRequest<User>,
): Promise<HistoryPage | null> {
  if (since === undefined || topic.last === null || isSamePosition(since, topic.last)) return null;
  return topic.history(since);
}

/** The session was renewed since it was allowed: who it is now may have another right. */
async function requireRight<User>(
  session: SubscribingSession<User>,
  { name, presence }: SubscriptionRequest<User>,
): Promise<void> {
  if (await session.maySubscribe(name, presence)) return;
  throw forbidden(isPattern(name) ? 'subscribe-pattern' : 'subscribe', name);
}

export function forbidden(action: HubAction, name: string): HubError {
  return new HubError('ERR_HUB_FORBIDDEN', `${action} is not allowed on ${JSON.stringify(name)}`);
}

function memberOf<User>({ id, identity }: SubscribingSession<User>): Member {
  return { user: identity.name ?? id, info: identity.info ?? null };
}

function requireOpen<User>(session: SubscribingSession<User>): void {
  if (session.isClosed) throw new HubError('ERR_HUB_CLOSED', 'the session is closed');
}
