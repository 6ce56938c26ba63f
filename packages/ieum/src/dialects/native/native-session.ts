import type { ClientMessage, EnvelopeViolation, WireLimits } from '../../codecs/native/index.js';
import { HubError } from '../../hub/hub-error.js';
import type { Identity } from '../../hub/identity.js';
import type { Session } from '../../hub/sessions/session.js';

import { IncomingRequests } from './incoming-requests.js';
import type { NativeSubscriptions } from './native-subscriptions.js';
import type { Outbox } from './outbox.js';
import { Pending } from './pending.js';
import { historyEntry } from './publication-message.js';

/** What a session's client and its connection share. */
export interface NativeSessionParts<User> {
  readonly outbox: Outbox;
  readonly subscriptions: NativeSubscriptions;
  /** Who the client is by its token; null for nobody. */
  readonly authenticate: (token: string) => Promise<Identity<User> | null>;
  readonly limits: WireLimits;
  readonly now: () => number;
}

/** A client that is connected: does what it asks for. */
export class NativeSession<User> {
  readonly #session: Session<User>;
  readonly #parts: NativeSessionParts<User>;
  readonly #outbox: Outbox;
  /** Null until there is one. */
  #requests: IncomingRequests<User> | null = null;
  readonly #pending: Pending;
  /** One page of history at a time is kept for a client, however many it asks for and however slowly it reads. */
  #lastPage: Promise<unknown> = Promise.resolve();

  constructor(session: Session<User>, parts: NativeSessionParts<User>) {
    this.#session = session;
    this.#parts = parts;
    this.#outbox = parts.outbox;
    this.#pending = new Pending(parts.limits.maxPending);
  }

  /** Takes the next message. A promise, when the next one is not to be read before: it never rejects. */
  receive(message: ClientMessage | EnvelopeViolation): void | Promise<void> {
    const busy = this.#handle(message);
    return busy instanceof Promise ? busy.then(ignore) : undefined;
  }

  /** A request to the client could not be sent. */
  refuseRequest(id: number, { code, message }: HubError): void {
    this.#session.receiveAnswer(id, { type: 'error', code, message });
  }

  close(): void {
    this.#session.close();
    this.#requests?.close();
    this.#pending.close();
  }

  #handle(message: ClientMessage | EnvelopeViolation): unknown {
    switch (message.type) {
      case 'subscribe':
        return this.#pending.run(() => this.#parts.subscriptions.subscribe(this.#session, message));
      case 'unsubscribe':
        return this.#parts.subscriptions.unsubscribe(message.id, message.topic);
      case 'publish':
        return this.#run(message.id, () => this.#publish(message));
      case 'history':
        return this.#run(message.id, () => this.#historyInTurn(message));
      case 'presence':
        return this.#run(message.id, () => this.#presence(message));
      case 'request':
        return this.#receiveRequest(message);
      case 'cancel':
        return this.#requests?.cancel(message.id);
      case 'response':
        return this.#session.receiveAnswer(message.id, { type: 'data', data: message.data ?? null });
      case 'error':
        return this.#receiveError(message);
      case 'authenticate':
        return this.#renew(message.id, message.token);
      case 'ping':
        return this.#outbox.send(
          message.id === undefined ? { type: 'pong' } : { type: 'pong', id: message.id },
        );
      case 'connect':
        return this.#outbox.refuse(null, invalidEnvelope('connect is the first message, and no other'));
      case 'violation':
        return this.#outbox.refuse(message.id, invalidEnvelope(message.message));
    }
  }

  #receiveRequest({ id, method, data = null }: MessageOf<'request'>): unknown {
    const { limits } = this.#parts;
    this.#requests ??= new IncomingRequests(this.#session, this.#outbox, limits.maxRequests);
    return this.#requests.receive(id, method, data);
  }

  /** Runs what is answered later, and answers with its error. */
  #run(id: number | undefined, operation: () => Promise<unknown>): void | Promise<void> {
    return this.#pending.run(async () => {
      try {
        await operation();
      } catch (error) {
        await this.#outbox.refuse(id ?? null, error);
      }
    });
  }

  async #publish({ id, topic, content, headers, key }: MessageOf<'publish'>): Promise<void> {
    const draft = headers === undefined ? content : { ...content, headers };
    const { position, isDuplicate, delivered, queued, dropped } = await this.#session.publish(
      topic,
      draft,
      key === undefined ? {} : { key },
    );
    if (id === undefined) return;
    const where = position === null ? {} : { offset: position.offset, epoch: position.epoch };
    await this.#outbox.send({ type: 'published', id, ...where, isDuplicate, delivered, queued, dropped });
  }

  #historyInTurn(message: MessageOf<'history'>): Promise<void> {
    const sent = this.#lastPage.then(() => this.#history(message));
    this.#lastPage = sent.catch(ignore);
    return sent;
  }

  /** Sends a page, one publication after another, as fast as the client reads. */
  async #history({ id, topic, since, limit }: MessageOf<'history'>): Promise<void> {
    const most = Math.min(limit, this.#parts.limits.maxHistory);
    const page = await this.#session.history(
      topic,
      since === undefined ? { limit: most } : { since, limit: most },
    );
    for (const publication of page.publications) {
      const result = await this.#outbox.send(historyEntry(id, publication));
      if (result === 'closed') return;
    }
    const { position, isContinuous, publications } = page;
    await this.#outbox.send({ type: 'history', id, position, isContinuous, count: publications.length });
  }

  async #presence({ id, topic }: MessageOf<'presence'>): Promise<void> {
    const members = await this.#session.members(topic);
    await this.#outbox.send({ type: 'presence', id, members });
  }

  #receiveError({ id, code, message = '' }: MessageOf<'error'>): void {
    this.#session.receiveAnswer(id, { type: 'error', code, message });
  }

  /** What comes behind it waits, to be judged by the new identity. */
  async #renew(id: number, token: string): Promise<void> {
    try {
      const identity = await this.#parts.authenticate(token);
      const now = this.#parts.now();
      if (identity === null || hasExpired(identity, now))
        throw unauthenticated('nobody is known by this token');
      await this.#session.renew(identity);
      await this.#outbox.send({ type: 'authenticated', id, name: identity.name, ...expiryOf(identity, now) });
    } catch (error) {
      await this.#outbox.refuse(id, error);
    }
  }
}

export function hasExpired<User>({ expiresAtMs = Infinity }: Identity<User>, now: number): boolean {
  return expiresAtMs <= now;
}

/** How long an identity holds, for the client; nothing when it holds for ever. */
export function expiryOf<User>(
  { expiresAtMs }: Identity<User>,
  now: number,
): { readonly expiresInMs?: number } {
  return expiresAtMs === undefined ? {} : { expiresInMs: Math.max(0, expiresAtMs - now) };
}

export function unauthenticated(problem: string): HubError {
  return new HubError('ERR_HUB_UNAUTHENTICATED', problem);
}

function invalidEnvelope(problem: string): HubError {
  return new HubError('ERR_HUB_INVALID_ENVELOPE', problem);
}

function ignore(): void {}

type MessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>;
