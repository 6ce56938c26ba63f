import {
  parseSelector,
  type Selector,
  type StompFrame,
  type StompVersion,
} from '../../codecs/stomp/index.js';
import { CloseCode } from '../../core/close-code.js';
import type { Content } from '../../hub/publishing/content.js';
import type { Session } from '../../hub/sessions/session.js';
import type { Subscribed } from '../../hub/subscriber.js';

import { namelessLevel, ownerLevel, readSent, readSubscribed } from './destination.js';
import { contentOfSend, formatPosition, parsePosition } from './message-headers.js';
import type { Outbox } from './outbox.js';
import { Progress } from './progress.js';
import type { QueueTable } from './queue-table.js';
import { type Refusal, refusal, refusalOf } from './refusal.js';
import { type AckMode, StompSubscription } from './stomp-subscription.js';
import { SubscriptionTable } from './subscription-table.js';
import { type TransactionLimits, Transactions, unknown } from './transactions.js';

export interface SessionLimits extends TransactionLimits {
  readonly maxSubscriptions: number;
  readonly maxUnacked: number;
  readonly maxDeliveries: number;
  readonly maxPending: number;
}

/** What a session's client and its connection share. */
export interface StompSessionParts<User> {
  readonly outbox: Outbox;
  readonly version: StompVersion;
  readonly isTextOnly: boolean;
  readonly limits: SessionLimits;
  /** Null where there are none. */
  readonly queues: QueueTable<User> | null;
  refuse(refusal: Refusal, receipt: string | null): void;
  report(error: unknown): void;
}

/** A client that is connected: does what it asks for. */
export class StompSession<User> {
  readonly #session: Session<User>;
  readonly #parts: StompSessionParts<User>;
  readonly #owner: string;
  readonly #progress: Progress;
  readonly #transactions: Transactions;
  readonly #subscriptions = new SubscriptionTable();
  #sentToQueues: Promise<unknown> = Promise.resolve();

  constructor(session: Session<User>, parts: StompSessionParts<User>) {
    this.#session = session;
    this.#parts = parts;
    const { name } = session.identity;
    this.#owner = name === null ? namelessLevel(session.id) : ownerLevel(name);
    this.#progress = new Progress(parts.limits.maxPending);
    this.#transactions = new Transactions(parts.limits);
  }

  /** Takes the next frame. A promise, when the next one is not to be handled before: it never rejects. */
  handle(frame: StompFrame): void | Promise<void> {
    switch (frame.command) {
      case 'SEND':
        return this.#handleSend(frame);
      case 'SUBSCRIBE':
        return this.#progress.runAlone(() => this.#guarded(frame, () => this.#subscribe(frame)));
      case 'COMMIT':
        return this.#progress.runAlone(() => this.#guarded(frame, () => this.#commit(frame)));
      case 'DISCONNECT':
        return this.#progress.runAlone(() => this.#disconnect(frame));
      default:
        return this.#conclude(frame, this.#handleAtOnce(frame));
    }
  }

  /** The connection is gone. */
  close(): void {
    this.#session.close();
    this.#subscriptions.closeAll();
    this.#progress.close();
  }

  #handleAtOnce(frame: StompFrame): Refusal | null {
    switch (frame.command) {
      case 'UNSUBSCRIBE':
        return this.#unsubscribe(frame);
      case 'ACK':
      case 'NACK':
        return this.#settle(frame);
      case 'BEGIN':
        return this.#named(frame, (name) => this.#transactions.begin(name));
      case 'ABORT':
        return this.#named(frame, (name) => (this.#transactions.take(name) === null ? unknown : null));
      case 'CONNECT':
      case 'STOMP':
        return refusal('ERR_STOMP_ALREADY_CONNECTED', 'this connection is connected already');
      default:
        return refusal('ERR_STOMP_UNKNOWN_COMMAND', `there is no command ${frame.command}`);
    }
  }

  /** Says what became of a frame: nothing before its turn, so that a receipt covers all that came before. */
  #conclude({ headers }: StompFrame, problem: Refusal | null): void {
    const receipt = headers.get('receipt') ?? null;
    if (problem !== null) this.#parts.refuse(problem, receipt);
    else if (receipt !== null) this.#progress.whenSettled(() => this.#parts.outbox.sendReceipt(receipt));
  }

  #handleSend(frame: StompFrame): void | Promise<void> {
    const problem = this.#destinationProblem(frame);
    const transaction = frame.headers.get('transaction');
    if (problem !== null || transaction !== undefined) {
      this.#conclude(frame, problem ?? this.#transactions.add(transaction as string, frame));
      return undefined;
    }
    const room = this.#progress.run(() => this.#guarded(frame, () => this.#send(frame)));
    this.#conclude(frame, null);
    return room;
  }

  #destinationProblem({ headers }: StompFrame): Refusal | null {
    const destination = headers.get('destination');
    if (destination === undefined) return missing('destination');
    return readSent(destination) === null ? unknownDestination : null;
  }

  /** Publishes a frame whose destination is one. Rejects with HubError. */
  async #send(frame: StompFrame): Promise<Refusal | null> {
    const destination = readSent(frame.headers.get('destination') ?? '');
    if (destination === null) return unknownDestination;
    const content = contentOfSend(frame);
    if (destination.type === 'queue') return this.#sendToQueue(destination.name, content);
    const key = frame.headers.get('ieum-key');
    await this.#session.publish(destination.topic, content, key === undefined ? {} : { key });
    return null;
  }

  /** One at a time, so that they stay in order however long each question takes. */
  #sendToQueue(name: string, content: Content): Promise<Refusal | null> {
    const sent = this.#sentToQueues.then(async () => {
      const problem = await this.#queueProblem('publish', name);
      return problem ?? this.#parts.queues?.send(name, content, this.#session.identity.name) ?? null;
    });
    this.#sentToQueues = sent.catch(() => undefined);
    return sent;
  }

  async #queueProblem(action: 'publish' | 'subscribe', name: string): Promise<Refusal | null> {
    const { queues } = this.#parts;
    if (queues === null) return refusal('ERR_STOMP_UNKNOWN_DESTINATION', 'there are no queues here');
    const { identity } = this.#session;
    const isAllowed = await queues.options.authorize(action, name, identity.user, identity);
    if (this.#session.isClosed) return refusal('ERR_HUB_CLOSED', 'the session is closed');
    return isAllowed === true
      ? null
      : refusal('ERR_HUB_FORBIDDEN', `${action} is not allowed on /queue/${name}`);
  }

  async #subscribe(frame: StompFrame): Promise<Refusal | null> {
    const wish = readWish(frame, this.#parts.version, this.#owner);
    if (wish.type === 'refusal') return wish.refusal;
    const { id, destination } = wish;
    if (this.#subscriptions.has(id, destination)) {
      return refusal('ERR_STOMP_ALREADY_IN_USE', 'there is such a subscription already');
    }
    const { maxSubscriptions } = this.#parts.limits;
    if (this.#subscriptions.size >= maxSubscriptions) {
      return refusal(
        'ERR_HUB_TOO_MANY_SUBSCRIPTIONS',
        `there are no more than ${maxSubscriptions} subscriptions`,
      );
    }
    const { to } = wish;
    if (to.type === 'topic') return this.#subscribeToTopic(frame, wish, to.topic);
    const problem = await this.#queueProblem('subscribe', to.name);
    if (problem !== null) return problem;
    const subscription = this.#createSubscription(wish);
    this.#subscriptions.add(subscription);
    this.#conclude(frame, null);
    return this.#parts.queues?.subscribe(to.name, subscription) ?? null;
  }

  async #subscribeToTopic(frame: StompFrame, wish: Wish, topic: string): Promise<null> {
    const subscription = this.#createSubscription(wish);
    const since = wish.since ?? undefined;
    await this.#session.subscribe(topic, { since, tag: subscription }, (subscribed, opened) => {
      subscription.openTopic(() => opened.close());
      this.#subscriptions.add(subscription);
      const receipt = frame.headers.get('receipt');
      if (receipt !== undefined) this.#parts.outbox.sendReceipt(receipt, receiptHeaders(subscribed));
    });
    return null;
  }

  #createSubscription({ id, destination, ack, selector }: Wish): StompSubscription {
    const { outbox, version, isTextOnly, limits, queues } = this.#parts;
    const handleDead = queues?.options.handleDead;
    return new StompSubscription({
      ...{ id, destination, ack, selector, version, isTextOnly, outbox },
      serial: this.#subscriptions.nextSerial(),
      maxUnacked: limits.maxUnacked,
      maxDeliveries: limits.maxDeliveries,
      handleDead: (publication) => {
        try {
          if (destination.startsWith('/queue/'))
            handleDead?.(destination.slice('/queue/'.length), publication);
        } catch (error) {
          this.#parts.report(error);
        }
      },
    });
  }

  #unsubscribe(frame: StompFrame): Refusal | null {
    if (frame.headers.get('id') === undefined && this.#parts.version !== '1.0') return missing('id');
    const subscription = this.#subscriptions.named(frame);
    if (subscription === null)
      return refusal('ERR_STOMP_UNKNOWN_SUBSCRIPTION', 'there is no such subscription');
    this.#subscriptions.delete(subscription);
    subscription.close();
    return null;
  }

  #settle(frame: StompFrame): Refusal | null {
    const { command, headers } = frame;
    const { version } = this.#parts;
    if (command === 'NACK' && version === '1.0') {
      return refusal('ERR_STOMP_UNKNOWN_COMMAND', 'STOMP 1.0 has no NACK');
    }
    const absent = ackHeaders[version].find((name) => !headers.has(name));
    if (absent !== undefined) return missing(absent);
    const transaction = headers.get('transaction');
    return transaction === undefined
      ? this.#subscriptions.settle(frame)
      : this.#transactions.add(transaction, frame);
  }

  #named({ headers }: StompFrame, handle: (name: string) => Refusal | null): Refusal | null {
    const name = headers.get('transaction');
    return name === undefined ? missing('transaction') : handle(name);
  }

  /** Does what waits, in order; the first thing that is refused is told. */
  async #commit(frame: StompFrame): Promise<Refusal | null> {
    const name = frame.headers.get('transaction');
    if (name === undefined) return missing('transaction');
    const frames = this.#transactions.take(name);
    if (frames === null) return unknown;
    const outcomes = await Promise.all(
      frames.map(async (each) =>
        each.command === 'SEND' ? this.#send(each) : this.#subscriptions.settle(each),
      ),
    );
    const problem = outcomes.find((outcome) => outcome !== null) ?? null;
    if (problem === null) this.#conclude(frame, null);
    return problem;
  }

  async #disconnect({ headers }: StompFrame): Promise<void> {
    const { outbox } = this.#parts;
    const receipt = headers.get('receipt');
    if (receipt !== undefined) outbox.sendReceipt(receipt);
    this.#subscriptions.closeAll();
    outbox.end(CloseCode.NormalClosure, '');
    this.close();
  }

  /** Tells what an operation has against its frame. Never rejects. */
  async #guarded({ headers }: StompFrame, operation: () => Promise<Refusal | null>): Promise<void> {
    let problem: Refusal | null;
    try {
      problem = await operation();
    } catch (error) {
      problem = this.#session.isClosed ? null : refusalOf(error, (cause) => this.#parts.report(cause));
    }
    if (problem !== null) this.#parts.refuse(problem, headers.get('receipt') ?? null);
  }
}

/** What a SUBSCRIBE asks for. */
interface Wish {
  readonly type: 'wish';
  readonly id: string | null;
  readonly destination: string;
  readonly to: NonNullable<ReturnType<typeof readSubscribed>>;
  readonly ack: AckMode;
  readonly selector: Selector | null;
  readonly since: ReturnType<typeof parsePosition>;
}

function readWish(
  { headers }: StompFrame,
  version: StompVersion,
  owner: string,
): Wish | { readonly type: 'refusal'; readonly refusal: Refusal } {
  const refuse = (problem: Refusal) => ({ type: 'refusal' as const, refusal: problem });
  const [id = null, destination] = [headers.get('id'), headers.get('destination')];
  if (destination === undefined) return refuse(missing('destination'));
  if (id === null && version !== '1.0') return refuse(missing('id'));
  const to = readSubscribed(destination, owner);
  if (to === null) return refuse(unknownDestination);
  const ack = (headers.get('ack') ?? 'auto') as AckMode;
  if (!ackModes[version].includes(ack))
    return refuse(refusal('ERR_STOMP_INVALID_HEADER', 'there is no such ack'));
  const condition = headers.get('selector');
  const parsed = condition === undefined ? null : parseSelector(condition);
  if (parsed?.type === 'invalid') {
    return refuse(refusal('ERR_STOMP_INVALID_SELECTOR', `this is no selector: ${parsed.message}`));
  }
  const position = headers.get('ieum-since');
  const since = position === undefined ? null : parsePosition(position);
  const hasPositions = to.type === 'topic' && !to.topic.includes('*');
  if (position !== undefined && (since === null || !hasPositions)) {
    return refuse(refusal('ERR_HUB_INVALID_POSITION', 'ieum-since is an ieum-position of one topic'));
  }
  return { type: 'wish', id, destination, to, ack, selector: parsed, since };
}

/** How the subscription begins, for who wants to come back to it. */
function receiptHeaders({ position, recovery }: Subscribed): [string, string][] {
  const headers: [string, string][] = [['ieum-recovery', recovery]];
  if (position !== null) headers.push(['ieum-position', formatPosition(position)]);
  return headers;
}

function missing(name: string): Refusal {
  return refusal('ERR_STOMP_MISSING_HEADER', `the header ${name} is missing`);
}

const unknownDestination: Refusal = refusal(
  'ERR_STOMP_UNKNOWN_DESTINATION',
  'a destination is /topic/…, /queue/… or /user/…',
);
const ackModes: Readonly<Record<StompVersion, readonly AckMode[]>> = {
  '1.0': ['auto', 'client'],
  '1.1': ['auto', 'client', 'client-individual'],
  '1.2': ['auto', 'client', 'client-individual'],
};
const ackHeaders: Readonly<Record<StompVersion, readonly string[]>> = {
  '1.0': ['message-id'],
  '1.1': ['message-id', 'subscription'],
  '1.2': ['id'],
};
