import { CloseCode } from '../../core/close-code.js';

import type { HistoryPage, Member } from '../broker.js';
import type { Contract } from '../contract/contract.js';
import type { MethodMakes, MethodName, MethodTakes } from '../contract/contract-types.js';
import { HubError } from '../hub-error.js';
import type { HubAction } from '../hub-options.js';
import { checkIdentity, type Identity } from '../identity.js';
import { checkPosition, type Position } from '../position.js';
import type { PublicationDraft } from '../publication.js';
import { type Content, checkKey } from '../publishing/content.js';
import { PublishOrder } from '../publishing/publish-order.js';
import type { PublishResult } from '../publishing/publishing.js';
import { checkSchema } from '../publishing/schema-check.js';
import type { StandardSchema } from '../standard-schema.js';
import type { SessionClose, Subscribed, Subscriber } from '../subscriber.js';
import { checkPattern, checkTopic, isPattern } from '../topic-name.js';
import { GuardedSubscriber } from './guarded-subscriber.js';
import { type Answer, OutgoingRequests, type RequestOptions } from './outgoing-requests.js';
import { SessionDelivery } from './session-delivery.js';
import { SessionExpiry } from './session-expiry.js';
import type { SessionHub } from './session-hub.js';
import {
  forbidden,
  type OpenedSubscription,
  type SubscriptionRequest,
  subscribeToPattern,
  subscribeToTopic,
} from './subscribing.js';
import type { Subscription } from './subscription.js';

export interface SubscribeOptions {
  /** Where the client was: it gets what it missed since, or is told of the gap. */
  readonly since?: Position | undefined;
  /** Whether it wants to know who is there. Default false. */
  readonly presence?: boolean | undefined;
  /** Whatever the dialect wants to find at the subscription again. */
  readonly tag?: unknown;
}

/** Called at once before a subscription delivers anything, to answer the client. */
export type Opened = (subscribed: Subscribed, subscription: Subscription) => void;

/** One client of a hub, on whatever transport, in whatever dialect. Made by `Hub.openSession`. */
export class Session<User = unknown, Agreed extends Contract | undefined = undefined> {
  /** Nobody else has it, and nobody can guess it. Where presence is on it is what somebody without a name is called. */
  readonly id: string;
  readonly #hub: SessionHub<User>;
  readonly #subscriber: Subscriber;
  readonly #delivery: SessionDelivery;
  readonly #requests: OutgoingRequests;
  readonly #expiry: SessionExpiry;
  readonly #subscriptions = new Map<Subscription, OpenedSubscription>();
  /** Subscriptions that are being opened: they count too. */
  #opening = 0;
  readonly #publishOrder = new PublishOrder();
  #identity: Identity<User>;
  #isClosing = false;
  #isClosed = false;

  constructor(id: string, identity: Identity<User>, subscriber: Subscriber, hub: SessionHub<User>) {
    this.id = id;
    this.#identity = identity;
    this.#subscriber = new GuardedSubscriber(subscriber, (error) => {
      hub.reportError(error);
      this.closeBecause(failed);
    });
    this.#hub = hub;
    this.#delivery = new SessionDelivery(this.#subscriber, {
      closeSlow: () => this.closeBecause(tooSlow),
      handleClosed: (subscription) => this.#release(subscription, !this.#isClosed),
    });
    this.#requests = new OutgoingRequests(this.#subscriber, hub);
    const warn = (inMs: number) => this.#subscriber.handleExpiring(inMs);
    this.#expiry = new SessionExpiry(hub, warn, () => this.closeBecause(expired));
    this.#expiry.start(identity);
  }

  get identity(): Identity<User> {
    return this.#identity;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get subscriptions(): Iterable<Subscription> & { readonly size: number } {
    const subscriptions = this.#subscriptions;
    return { size: subscriptions.size, [Symbol.iterator]: () => subscriptions.keys() };
  }

  /**
   * Subscribes to a topic or a pattern. A session may have several subscriptions to one topic.
   *
   * Rejects with HubError `ERR_HUB_INVALID_TOPIC`, `ERR_HUB_INVALID_PATTERN`, `ERR_HUB_INVALID_POSITION`, `ERR_HUB_UNKNOWN_TOPIC`,
   * `ERR_HUB_FORBIDDEN`, `ERR_HUB_TOO_MANY_SUBSCRIPTIONS`, `ERR_HUB_NOT_KEPT` for presence where there is none,
   * `ERR_HUB_UNAVAILABLE`, `ERR_HUB_CLOSED`.
   */
  async subscribe(name: string, options: SubscribeOptions, opened: Opened): Promise<Subscription> {
    return this.#observed(async () => {
      this.#requireOpen();
      this.#requireRoomForSubscription();
      this.#opening++;
      try {
        const isWide = typeof name === 'string' && isPattern(name);
        const request = await this.#allowed(isWide ? checkPattern(name) : checkTopic(name), options, opened);
        const session = this.#subscribingSession;
        return await (isWide ? subscribeToPattern : subscribeToTopic)(session, this.#hub, request);
      } finally {
        this.#opening--;
      }
    });
  }

  /**
   * Publishes for the client. What is published without waiting for what came before comes behind it all the same.
   *
   * Rejects with HubError `ERR_HUB_INVALID_TOPIC`, `ERR_HUB_UNKNOWN_TOPIC`, `ERR_HUB_FORBIDDEN`, `ERR_HUB_MESSAGE_TOO_LARGE`,
   * `ERR_HUB_INVALID_DATA`, `ERR_HUB_INVALID_KEY`, `ERR_HUB_INVALID_HEADER`, `ERR_HUB_UNAVAILABLE`, `ERR_HUB_CLOSED`.
   *
   * @param options.key makes publications of this user on this topic that have the same one
   */
  async publish(
    topic: string,
    content: Content,
    options: { readonly key?: string } = {},
  ): Promise<PublishResult> {
    return this.#observed(async () => {
      this.#requireOpen();
      const draft = this.#draft(topic, content, checkKey(options.key));
      return this.#publishOrder.publish(draft, (ready) => this.#hub.publishDraft(ready));
    });
  }

  /** Reads what is kept of a topic: at most 1,000 publications at a time. Rejects as `subscribe` does. */
  async history(
    topic: string,
    request: { readonly since?: Position | undefined; readonly limit: number },
  ): Promise<HistoryPage> {
    return this.#observed(async () => {
      this.#requireOpen();
      const since = checkPosition(request.since) ?? null;
      const { retention } = this.#hub.policyOf(checkTopic(topic));
      await this.#authorize('history', topic);
      if (retention.history === null) throw notKept(topic, 'history');
      const limit = Math.min(Math.max(1, Math.floor(request.limit) || 1), maxHistoryPage);
      return this.#hub.broker.history(topic, retention, { since, limit });
    });
  }

  /** Who is there. Rejects as `subscribe` does. */
  async members(topic: string): Promise<readonly Member[]> {
    return this.#observed(async () => {
      this.#requireOpen();
      const policy = this.#hub.policyOf(checkTopic(topic));
      await this.#authorize('presence', topic);
      if (!policy.presence) throw notKept(topic, 'presence');
      return this.#hub.presence.members(topic);
    });
  }

  /**
   * The client asks the application.
   * Rejects with HubError `ERR_HUB_UNKNOWN_METHOD`, `ERR_HUB_INVALID_DATA`, `ERR_HUB_HANDLER`, `ERR_HUB_CANCELLED`, or what the handler threw as one.
   */
  async receiveRequest(method: string, data: unknown, signal: AbortSignal): Promise<unknown> {
    return this.#observed(async () => {
      this.#requireOpen();
      return this.#hub.handleRequest(method, data, { session: this.#untyped, signal });
    });
  }

  /**
   * The application asks the client.
   * Rejects with HubError `ERR_HUB_TIMEOUT`, `ERR_HUB_CANCELLED`, `ERR_HUB_CLOSED`, `ERR_HUB_TOO_MANY_REQUESTS`, with a ClientError,
   * and with `ERR_HUB_INVALID_DATA` for a question or an answer that the contract has not agreed to; with UsageError
   * `ERR_WS_INVALID_OPTION`.
   */
  async request<Method extends MethodName<Agreed, 'clientRequests'>>(
    method: Method,
    data: MethodTakes<Agreed, 'clientRequests', Method, 'input'>,
    options: RequestOptions = {},
  ): Promise<MethodMakes<Agreed, 'clientRequests', Method, 'output'>> {
    this.#requireOpen();
    const { input, output } = this.#hub.clientRequestOf(method);
    const question = input === undefined ? data : await this.#checked(input, data);
    this.#requireOpen();
    const answer = await this.#requests.send(method, question, options);
    const checked = output === undefined ? answer : await this.#checked(output, answer);
    return checked as MethodMakes<Agreed, 'clientRequests', Method, 'output'>;
  }

  /** The client answers. What nobody asked for, or waits for any more, is ignored. */
  receiveAnswer(id: number, answer: Answer): void {
    this.#requests.receive(id, answer);
  }

  /**
   * The client has proved anew who it is. Subscriptions that it has no right to any more end.
   * Rejects with HubError `ERR_HUB_UNAUTHENTICATED` when it is somebody else, with UsageError `ERR_WS_INVALID_OPTION`.
   */
  async renew(identity: Identity<User>): Promise<void> {
    this.#requireOpen();
    checkIdentity(identity);
    if (identity.name !== this.#identity.name) {
      throw new HubError('ERR_HUB_UNAUTHENTICATED', 'a session cannot become somebody else’s');
    }
    this.#identity = identity;
    this.#expiry.start(identity);
    for (const [subscription, { presence }] of [...this.#subscriptions]) {
      const isAllowed = await this.#maySubscribe(subscription.topic, presence);
      if (!isAllowed) subscription.end({ code: 'ERR_HUB_FORBIDDEN' });
    }
  }

  /** Has the dialect close the connection, and ends the session. */
  closeBecause(close: SessionClose): void {
    if (this.#isClosed || this.#isClosing) return;
    this.#isClosing = true;
    this.#subscriber.handleClose(close);
    this.close();
  }

  /** The connection is gone. The subscriber is not called any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#expiry.stop();
    this.#requests.close();
    for (const subscription of [...this.#subscriptions.keys()]) subscription.close();
    this.#delivery.close();
    this.#hub.handleSessionClosed(this.#untyped);
  }

  /** As the hub knows it, which has the same session with every type. */
  get #untyped(): Session<User> {
    return this as unknown as Session<User>;
  }

  #checked(schema: StandardSchema, value: unknown): Promise<unknown> {
    return checkSchema(schema, value, this.#hub.reportError);
  }

  async #draft(topic: string, content: Content, key: string | null): Promise<PublicationDraft> {
    this.#hub.policyOf(checkTopic(topic));
    await this.#authorize('publish', topic);
    const { name } = this.#identity;
    // What one user calls a publication is nothing to another: nobody makes somebody else's a duplicate.
    const owner = name ?? this.id;
    const ownKey = key === null ? null : `${owner.length}:${owner}:${key}`;
    return this.#hub.draftOf(topic, content, { name, key: ownKey });
  }

  async #allowed(
    name: string,
    options: SubscribeOptions,
    opened: Opened,
  ): Promise<SubscriptionRequest<User>> {
    const policy = this.#hub.policyOf(name);
    const since = checkPosition(options.since);
    const presence = options.presence === true;
    const identity = this.#identity;
    await this.#authorize(subscribingTo(name), name);
    if (presence) {
      if (isPattern(name) || !policy.presence) throw notKept(name, 'presence');
      await this.#authorize('presence', name);
    }
    return { name, policy, since, presence, tag: options.tag, opened, identity };
  }

  async #maySubscribe(name: string, presence: boolean): Promise<boolean> {
    const identity = this.#identity;
    const may = (action: HubAction) => this.#hub.mayDo(action, name, identity);
    return (await may(subscribingTo(name))) && (!presence || (await may('presence')));
  }

  async #authorize(action: HubAction, name: string): Promise<void> {
    const isAllowed = await this.#hub.mayDo(action, name, this.#identity);
    this.#requireOpen();
    if (!isAllowed) throw forbidden(action, name);
  }

  get #subscribingSession() {
    const session = this;
    return {
      id: this.id,
      owner: this.#delivery,
      get identity() {
        return session.identity;
      },
      get isClosed() {
        return session.isClosed;
      },
      maySubscribe: (name: string, presence: boolean) => this.#maySubscribe(name, presence),
      handleOpened: (subscription: Subscription, opened: OpenedSubscription) => {
        this.#subscriptions.set(subscription, opened);
      },
    };
  }

  #release(subscription: Subscription, isGraceful: boolean): void {
    const opened = this.#subscriptions.get(subscription);
    this.#subscriptions.delete(subscription);
    opened?.release(isGraceful);
  }

  /** Tells the observer what is refused. */
  async #observed<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof HubError) this.#hub.observer.handleRefusal?.(error.code);
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new HubError('ERR_HUB_CLOSED', 'the session is closed');
  }

  #requireRoomForSubscription(): void {
    const { maxSubscriptions } = this.#hub.limits;
    if (this.#subscriptions.size + this.#opening < maxSubscriptions) return;
    const problem = `a session has at most ${maxSubscriptions} subscriptions`;
    throw new HubError('ERR_HUB_TOO_MANY_SUBSCRIPTIONS', problem);
  }
}

function subscribingTo(name: string): HubAction {
  return isPattern(name) ? 'subscribe-pattern' : 'subscribe';
}

function notKept(name: string, what: 'history' | 'presence'): HubError {
  return new HubError('ERR_HUB_NOT_KEPT', `there is no ${what} of ${JSON.stringify(name)}`);
}

const tooSlow: SessionClose = {
  code: CloseCode.TryAgainLater,
  reason: 'reads too slowly',
  retryAfterMs: null,
};
const failed: SessionClose = {
  code: CloseCode.InternalError,
  reason: 'the application failed',
  retryAfterMs: null,
};
/** As HTTP's 401, in the range for applications. */
const expired: SessionClose = { code: 4401, reason: 'the token has expired', retryAfterMs: null };
const maxHistoryPage = 1_000;
