import type { HistoryPage, Member } from './broker.js';
import type { FollowedTopic } from './followed-topic.js';
import { HubError } from './hub-error.js';
import { application, type Identity } from './identity.js';
import { isSamePosition, type Position } from './position.js';
import type { SessionHub } from './session-hub.js';
import type { Subscribed } from './subscriber.js';
import { goOnFrom, Subscription, type SubscriptionOwner } from './subscription.js';
import type { CompletePolicy } from './topic-policy.js';

/** A subscription that is asked for, checked and allowed. */
export interface SubscriptionRequest<User> {
  readonly name: string;
  readonly policy: CompletePolicy<User>;
  readonly since: Position | undefined;
  readonly presence: boolean;
  readonly tag: unknown;
  /** Called at once before anything is delivered. */
  readonly opened: (subscribed: Subscribed, subscription: Subscription) => void;
}

/** Who asks. */
export interface SubscribingSession<User> {
  readonly id: string;
  readonly identity: Identity<User>;
  readonly isClosed: boolean;
  readonly owner: SubscriptionOwner;
  /** The subscription has begun; `release` is for its end: gracefully when the client asked for it. */
  handleOpened(subscription: Subscription, release: (isGraceful: boolean) => void): void;
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
    for (const undo of releases) undo(isGraceful);
  };
  try {
    requireOpen(session);
    const user = session.identity.user;
    const source = topic.sourceFor(() => policy.snapshot?.(name, user));
    const subscription = new Subscription(session.owner, source, request.tag);
    const page = await pageFor(topic, request);
    requireOpen(session);
    const isMember = policy.presence && session.identity !== application;
    if (isMember) releases.push(hub.presence.enter(name, memberOf(session)));
    const followed = request.presence ? await hub.presence.follow(name) : null;
    if (followed !== null) releases.push(() => followed.release());
    requireOpen(session);
    topic.add(subscription);
    releases.push(() => topic.delete(subscription));
    session.handleOpened(subscription, release);
    const watched = followed?.watch((change) =>
      session.owner.subscriber.handlePresence(change, subscription),
    );
    if (watched !== undefined) releases.push(watched.unwatch);
    beginAt(topic, subscription, { request, page, members: watched?.members ?? null });
    return subscription;
  } catch (error) {
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
  if (session.isClosed) {
    pattern.release();
    requireOpen(session);
  }
  const subscription = new Subscription(session.owner, pattern.source, request.tag);
  pattern.add(subscription);
  session.handleOpened(subscription, () => {
    pattern.delete(subscription);
    pattern.release();
  });
  request.opened({ position: null, recovery: 'fresh', members: null }, subscription);
  subscription.begin(null);
  return subscription;
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

function memberOf<User>({ id, identity }: SubscribingSession<User>): Member {
  return { user: identity.name ?? id, info: identity.info ?? null };
}

function requireOpen<User>(session: SubscribingSession<User>): void {
  if (session.isClosed) throw new HubError('ERR_HUB_CLOSED', 'the session is closed');
}
