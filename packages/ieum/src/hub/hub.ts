import type { Clock } from '../channel/clock.js';
import { CloseCode } from '../core/close-code.js';
import { requireCount } from '../core/option-check.js';
import { guardedReporter } from '../platform/error-reporter.js';
import { randomId, timeOfDay } from '../platform/system.js';
import { systemClock } from '../platform/system-clock.js';
import type { Broker, HistoryPage, Member } from './broker.js';
import type { Contract } from './contract/contract.js';
import { ContractTable } from './contract/contract-table.js';
import type {
  MethodMakes,
  MethodName,
  MethodTakes,
  PublishData,
  ReceiveData,
  TopicName,
} from './contract/contract-types.js';
import { guardedObserver } from './guarded-observer.js';
import { HubError } from './hub-error.js';
import type { HubObserver } from './hub-observer.js';
import {
  type Authorize,
  checkHubOptions,
  type HubOptions,
  limitsOf,
  type WhenBrokerDown,
} from './hub-options.js';
import { application, checkIdentity, type Identity } from './identity.js';
import { MemoryBroker } from './memory/memory-broker.js';
import { checkPosition, type Position } from './position.js';
import { Presence } from './presence/presence.js';
import type { Publication, PublicationDraft } from './publication.js';
import {
  type Content,
  checkHeaders,
  checkKey,
  contentOf,
  contentValue,
  jsonContent,
} from './publishing/content.js';
import { PublicationBacklog } from './publishing/publication-backlog.js';
import { PublishOrder } from './publishing/publish-order.js';
import { Publishing, type PublishResult } from './publishing/publishing.js';
import { checkSchema } from './publishing/schema-check.js';
import { ApplicationSubscriber, handlersOf, type TopicHandlers } from './sessions/application-subscriber.js';
import { type RequestHandler, RequestHandlers, type RequestSchemas } from './sessions/request-handlers.js';
import { Session, type SubscribeOptions } from './sessions/session.js';
import type { Publisher, SessionHub } from './sessions/session-hub.js';
import type { StandardSchema } from './standard-schema.js';
import type { SessionClose, Subscriber } from './subscriber.js';
import { checkTopic } from './topic-name.js';
import { PolicyTable } from './topics/policy-table.js';
import { TopicTable } from './topics/topic-table.js';

/** A page of history, with publications of a known type. */
export interface TypedHistoryPage<Data> extends HistoryPage {
  readonly publications: readonly Publication<Data>[];
}

export interface PublishOptions {
  /** Publications of the application on a topic that have the same key are one. Default: no two are. */
  readonly key?: string;
  /** Default: none. At most 32, of 4,096 characters in all. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Topics that lose nothing: who publishes, who subscribes, what was missed, and who is there, for clients of all dialects
 * and for the application. With a broker, one of many that are one.
 */
export class Hub<User = unknown, Agreed extends Contract | undefined = undefined> {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #observer: HubObserver;
  readonly #policies: PolicyTable<User>;
  readonly #contract: ContractTable;
  readonly #authorize: Authorize<User> | undefined;
  readonly #createId: () => string;
  readonly #report: (error: unknown) => void;
  readonly #table: TopicTable;
  readonly #presence: Presence;
  readonly #backlog: PublicationBacklog | null;
  readonly #publishing: Publishing;
  readonly #publishOrder = new PublishOrder();
  readonly #methods: RequestHandlers<User>;
  readonly #sessions = new Set<Session<User>>();
  readonly #own = new Set<Session<User>>();
  readonly #sessionHub: SessionHub<User>;
  #isOpened = false;
  #isClosed = false;

  /** @throws UsageError `ERR_WS_INVALID_OPTION`, HubError `ERR_HUB_INVALID_PATTERN` */
  constructor(options: HubOptions<User, Agreed> = {}) {
    checkHubOptions(options);
    const limits = limitsOf(options);
    const { clock = systemClock, now = timeOfDay, createId = randomId } = options;
    this.#broker = options.broker ?? new MemoryBroker({ now, clock, createEpoch: createId });
    this.#clock = clock;
    this.#authorize = options.authorize;
    this.#createId = createId;
    this.#report = guardedReporter(options.reportError);
    this.#observer = guardedObserver(options.observer ?? {}, this.#report);
    this.#contract = new ContractTable(options.contract);
    const topics = options.topics ?? this.#contract.policies ?? { '**': {} };
    this.#policies = new PolicyTable(topics);
    this.#contract.checkPolicies(topics);
    const parts = { broker: this.#broker, clock: this.#clock, observer: this.#observer };
    this.#table = new TopicTable({ ...parts, lingerMs: limits.lingerMs, reportError: this.#report });
    const { presenceGraceMs: graceMs, presenceBatchMs: batchMs, lingerMs } = limits;
    this.#presence = new Presence({ ...parts, graceMs, batchMs }, lingerMs);
    this.#backlog = backlogFor(options.whenBrokerDown, this.#broker, this.#clock);
    const watchesOf = (topic: string) => this.#table.watchesOf(topic);
    this.#publishing = new Publishing({ ...parts, backlog: this.#backlog, watchesOf });
    this.#methods = new RequestHandlers(this.#observer, this.#report);
    this.#sessionHub = {
      ...parts,
      limits,
      presence: this.#presence,
      reportError: this.#report,
      now,
      ...this.#sessionParts(),
    };
  }

  /** Whether the broker can be reached. */
  get isReady(): boolean {
    return !this.#isClosed && this.#broker.isReady;
  }

  /** The clients that are here. */
  get sessions(): Iterable<Session<User, Agreed>> & { readonly size: number } {
    const sessions = this.#sessions as Iterable<unknown> as Iterable<Session<User, Agreed>>;
    return { size: this.#sessions.size, [Symbol.iterator]: () => sessions[Symbol.iterator]() };
  }

  /** Connects to the broker; once, before anything else. Rejects with what the broker has against its options. */
  async open(): Promise<void> {
    this.#isOpened = true;
    await this.#broker.open({
      handlePublication: (publication) => this.#table.handlePublication(publication),
      handlePatternPublication: (publication) => this.#table.handlePatternPublication(publication),
      handleGap: (topic, position) => this.#table.handleGap(topic, position),
      handlePatternGap: () => this.#table.handlePatternGap(),
      handleMemberChanges: (...changes) => this.#presence.handleMemberChanges(...changes),
      handleMembers: (topic, members) => this.#presence.handleMembers(topic, members),
      handleReadiness: (isReady, error) => this.#handleReadiness(isReady, error),
    });
  }

  /**
   * Publishes for the application: a string as text, bytes as they are, anything else as JSON; with a schema all as JSON.
   *
   * Rejects with HubError `ERR_HUB_INVALID_TOPIC`, `ERR_HUB_UNKNOWN_TOPIC`, `ERR_HUB_INVALID_DATA`, `ERR_HUB_MESSAGE_TOO_LARGE`,
   * `ERR_HUB_INVALID_KEY`, `ERR_HUB_INVALID_HEADER`, `ERR_HUB_UNAVAILABLE`, `ERR_HUB_CLOSED`.
   */
  async publish<Topic extends TopicName<Agreed>>(
    topic: Topic,
    data: PublishData<Agreed, Topic>,
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    const schema = this.#schemaOf(checkTopic(topic));
    const content = schema === null ? contentOf(data) : jsonContent(data);
    const { headers = {}, key } = options;
    const publisher = { name: null, key: checkKey(key) };
    const draft = this.#draftOf(topic, { ...content, headers }, publisher);
    if (schema === null) return this.#publishDraft(await draft);
    return this.#publishOrder.publish(draft, (checked) => this.#publishDraft(checked));
  }

  /**
   * Subscribes for the application, to a topic or a pattern; resolves with what ends it.
   * Rejects as `Session.subscribe` does, but has every right; and with UsageError `ERR_WS_INVALID_OPTION`.
   */
  async subscribe<Name extends TopicName<Agreed>>(
    name: Name,
    handlers:
      | TopicHandlers<ReceiveData<Agreed, Name>>
      | TopicHandlers<ReceiveData<Agreed, Name>>['publication'],
    options: Omit<SubscribeOptions, 'tag'> = {},
  ): Promise<() => void> {
    this.#requireOpen();
    const subscriber = new ApplicationSubscriber(handlersOf(handlers as TopicHandlers), this.#report);
    const session = new Session<User>(this.#createId(), application, subscriber, this.#sessionHub);
    this.#own.add(session);
    try {
      await session.subscribe(name, options, () => undefined);
      return () => session.close();
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /**
   * Reads what is kept of a topic. Rejects with HubError `ERR_HUB_NOT_KEPT`, `ERR_HUB_INVALID_POSITION`, `ERR_HUB_UNAVAILABLE`, and
   * for the topic's name; with UsageError `ERR_WS_INVALID_OPTION` for a limit that is none.
   */
  async history<Topic extends TopicName<Agreed>>(
    topic: Topic,
    { since = null, limit = 100 }: { readonly since?: Position | null; readonly limit?: number } = {},
  ): Promise<TypedHistoryPage<ReceiveData<Agreed, Topic>>> {
    const { retention } = this.#policies.of(checkTopic(topic));
    if (retention.history === null) {
      throw new HubError('ERR_HUB_NOT_KEPT', `there is no history of ${JSON.stringify(topic)}`);
    }
    requireCount('limit', limit);
    const request = { since: checkPosition(since) ?? null, limit };
    const page = await this.#broker.history(topic, retention, request);
    return page as TypedHistoryPage<ReceiveData<Agreed, Topic>>;
  }

  /** Who is there. Rejects with HubError `ERR_HUB_NOT_KEPT`, `ERR_HUB_UNAVAILABLE`, and for the topic's name. */
  async members(topic: TopicName<Agreed>): Promise<readonly Member[]> {
    if (!this.#policies.of(checkTopic(topic)).presence) {
      throw new HubError('ERR_HUB_NOT_KEPT', `there is no presence of ${JSON.stringify(topic)}`);
    }
    return this.#presence.members(topic);
  }

  /**
   * Answers requests of clients.
   *
   * @param schemas what goes in and what comes out must be what these accept; of a method of the contract that says it
   * @returns what takes the handler away again
   * @throws HubError `ERR_HUB_INVALID_OPTION` when there is one of that name, or schemas of it in the contract
   */
  handle<Method extends MethodName<Agreed, 'requests'>>(
    method: Method,
    handler: RequestHandler<
      User,
      MethodMakes<Agreed, 'requests', Method, 'input'>,
      MethodTakes<Agreed, 'requests', Method, 'output'>,
      Agreed
    >,
    schemas?: RequestSchemas,
  ): () => void {
    const agreed = this.#contract.request(method);
    if (agreed !== undefined && schemas !== undefined) {
      const problem = `the contract has the schemas of ${JSON.stringify(method)} already`;
      throw new HubError('ERR_HUB_INVALID_OPTION', problem);
    }
    return this.#methods.add(method, handler as RequestHandler<User>, agreed ?? schemas ?? {});
  }

  /** A client has come, and proved who it is. For dialects. @throws HubError `ERR_HUB_CLOSED`, UsageError `ERR_WS_INVALID_OPTION` */
  openSession(identity: Identity<User>, subscriber: Subscriber): Session<User> {
    this.#requireOpen();
    checkIdentity(identity);
    const session = new Session(this.#createId(), identity, subscriber, this.#sessionHub);
    this.#sessions.add(session);
    return session;
  }

  /**
   * Tells all clients that this node is going away and when to come back, each at another time, so that they do not come all at
   * once; then their connections are closed with 1001. Call it right before the server's `drain`.
   *
   * @param withinMs they are asked to come back within so many milliseconds. Default 5,000
   */
  dismiss(withinMs = 5_000): void {
    requireCount('withinMs', withinMs);
    const sessions = [...this.#sessions];
    for (const [i, session] of sessions.entries()) {
      const retryAfterMs = Math.ceil((withinMs * (i + 1)) / sessions.length);
      session.closeBecause({ ...goingAway, retryAfterMs });
    }
  }

  /**
   * Has all clients leave, and disconnects from the broker.
   *
   * @param close what they are told. Default 1001, and to come back within some seconds
   */
  async close(close: SessionClose = goingAway): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const session of [...this.#sessions, ...this.#own]) session.closeBecause(close);
    this.#backlog?.close();
    this.#table.close();
    this.#presence.close();
    await this.#broker.close();
  }

  #handleReadiness(isReady: boolean, error: unknown): void {
    this.#observer.handleReadiness?.(isReady, error);
    if (!isReady) return;
    this.#presence.send();
    void this.#backlog?.send();
  }

  async #draftOf(topic: string, content: Content, { name, key }: Publisher): Promise<PublicationDraft> {
    const { maxPayloadBytes } = this.#policies.of(topic);
    requireFit(content, maxPayloadBytes);
    const headers = checkHeaders(content.headers);
    const schema = this.#schemaOf(topic);
    const { format, payload } = schema === null ? content : await this.#checked(schema, content);
    requireFit({ format, payload }, maxPayloadBytes);
    return { topic, format, payload, headers, publisher: name, id: this.#createId(), key };
  }

  #publishDraft(draft: PublicationDraft): Promise<PublishResult> {
    this.#requireOpen();
    if (!this.#isOpened) {
      throw new HubError('ERR_HUB_UNAVAILABLE', 'the hub was not opened: call hub.open() first');
    }
    return this.#publishing.publish(draft, this.#policies.of(draft.topic).retention);
  }

  /** What the schema makes of it: that is published. */
  async #checked(schema: StandardSchema, content: Content): Promise<Content> {
    if (content.format !== 'json') throw new HubError('ERR_HUB_INVALID_DATA', 'this topic takes JSON');
    return jsonContent(await checkSchema(schema, contentValue(content), this.#report));
  }

  /** @throws HubError `ERR_HUB_UNKNOWN_TOPIC` */
  #schemaOf(topic: string): StandardSchema | null {
    const { schema } = this.#policies.of(topic);
    return this.#contract.schemaOf(topic) ?? schema;
  }

  #sessionParts() {
    const parts: Pick<
      SessionHub<User>,
      | 'policyOf'
      | 'mayDo'
      | 'holdTopic'
      | 'holdPattern'
      | 'draftOf'
      | 'publishDraft'
      | 'clientRequestOf'
      | 'handleRequest'
      | 'handleSessionClosed'
    > = {
      policyOf: (name) => this.#policies.of(name),
      mayDo: (action, name, identity) => this.#mayDo(action, name, identity),
      holdTopic: (name, policy) => this.#table.holdTopic(name, policy),
      holdPattern: (name, policy) => this.#table.holdPattern(name, policy),
      draftOf: (topic, content, by) => this.#draftOf(topic, content, by),
      publishDraft: (draft) => this.#publishDraft(draft),
      clientRequestOf: (method) => this.#contract.clientRequest(method),
      handleRequest: (method, data, context) => this.#methods.handle(method, data, context),
      handleSessionClosed: (session) => {
        this.#sessions.delete(session);
        this.#own.delete(session);
      },
    };
    return parts;
  }

  async #mayDo(...[action, name, identity]: Parameters<SessionHub<User>['mayDo']>): Promise<boolean> {
    if (identity === application || this.#authorize === undefined) return true;
    try {
      return (await this.#authorize(action, name, identity.user, identity)) === true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new HubError('ERR_HUB_CLOSED', 'the hub is closed');
  }
}

/** Makes a hub; call `open` before anything else. @throws UsageError `ERR_WS_INVALID_OPTION`, HubError `ERR_HUB_INVALID_PATTERN` */
export function createHub<User = unknown, Agreed extends Contract | undefined = undefined>(
  options: HubOptions<User, Agreed> = {},
): Hub<User, Agreed> {
  return new Hub(options);
}

function backlogFor(
  { type, ...limits }: WhenBrokerDown & { readonly maxBytes?: number; readonly maxWaitMs?: number } = {
    type: 'refuse',
  },
  broker: Broker,
  clock: Clock,
): PublicationBacklog | null {
  if (type === 'refuse') return null;
  const { maxBytes = 16 * 1024 * 1024, maxWaitMs = 30_000 } = limits;
  return new PublicationBacklog(broker, clock, { maxBytes, maxWaitMs });
}

function requireFit({ payload }: Content, maxPayloadBytes: number): void {
  if (payload.byteLength <= maxPayloadBytes) return;
  const problem = `${payload.byteLength} bytes are more than the ${maxPayloadBytes} that the topic takes`;
  throw new HubError('ERR_HUB_MESSAGE_TOO_LARGE', problem);
}

const goingAway: SessionClose = { code: CloseCode.GoingAway, reason: 'going away', retryAfterMs: 2_000 };
