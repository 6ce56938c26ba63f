import type { Socket } from 'ieum/dialects/socketio';
import {
  contentOf,
  type Gap,
  type Hub,
  HubError,
  type Position,
  type Publication,
  type Session,
  type Subscriber,
  type Subscription,
  type SubscriptionFace,
} from 'ieum/hub';

import type { TokenIdentity, TokenUser } from '../auth/authentication.js';

export interface SocketIoSessionParts {
  readonly hub: Hub<TokenUser>;
  readonly identity: TokenIdentity;
  readonly authenticate: (token: string) => Promise<TokenIdentity | null>;
  readonly reportError: (error: unknown) => void;
}

/**
 * A client of Socket.IO that takes part in the hub: it sends `subscribe`, `unsubscribe`, `publish`, `history` and `authenticate`,
 * each acknowledged, and gets `publication`, `gap`, `ended` and `expiring`.
 */
export class SocketIoSession {
  readonly #socket: Socket;
  readonly #parts: SocketIoSessionParts;
  readonly #session: Session<TokenUser>;
  /** By their topics or patterns; null while one is being opened. */
  readonly #subscriptions = new Map<string, Subscription | null>();

  static open(socket: Socket, parts: SocketIoSessionParts): void {
    try {
      new SocketIoSession(socket, parts).#listen();
    } catch (error) {
      parts.reportError(error);
      socket.disconnect(true);
    }
  }

  private constructor(socket: Socket, parts: SocketIoSessionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#session = parts.hub.openSession(parts.identity, this.#subscriber);
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('disconnect', () => this.#session.close());
    this.#answer('subscribe', (topic, options) => this.#subscribe(topic, options));
    this.#answer('unsubscribe', (topic) => this.#unsubscribe(topic));
    this.#answer('publish', (topic, data, options) => this.#publish(topic, data, options));
    this.#answer('history', (topic, options) => this.#history(topic, options));
    this.#answer('authenticate', (token) => this.#renew(token));
  }

  get #subscriber(): Subscriber {
    return {
      handlePublication: (publication, { topic }) => {
        this.#socket.emit('publication', {
          ...described(publication),
          ...(topic === publication.topic ? {} : { pattern: topic }),
        });
        const { congestion } = this.#socket;
        return congestion === null ? 'written' : congestion.then(() => 'written' as const);
      },
      handleGap: (gap, subscription) => this.#tellGap(gap, subscription),
      handleEnd: ({ code }, { topic }) => {
        this.#subscriptions.delete(topic);
        this.#socket.emit('ended', { topic, code });
      },
      handleExpiring: (inMs) => void this.#socket.emit('expiring', { inMs }),
      handleClose: ({ code, reason }) => {
        this.#socket.emit('closing', { code, reason });
        this.#socket.disconnect(true);
      },
      handleRequest: ({ id }) =>
        this.#session.receiveAnswer(id, {
          type: 'error',
          code: 'ERR_HUB_UNKNOWN_METHOD',
          message: 'clients of Socket.IO are not asked',
        }),
      handlePresence: () => undefined,
      handleCancel: () => undefined,
    };
  }

  /** Does what an event asks for, and acknowledges it: with what came of it, or `{ error }`. */
  #answer(event: string, work: (...args: unknown[]) => Promise<object>): void {
    this.#socket.on(event, async (...args: unknown[]) => {
      const ack =
        typeof args.at(-1) === 'function' ? (args.pop() as (answer: object) => void) : () => undefined;
      try {
        ack(await work(...args));
      } catch (error) {
        if (!(error instanceof HubError)) this.#parts.reportError(error);
        const code = error instanceof HubError ? error.code : 'ERR_HUB_HANDLER';
        ack({ error: { code, message: error instanceof HubError ? error.message : 'the server failed' } });
      }
    });
  }

  async #subscribe(topic: unknown, options: unknown): Promise<object> {
    const name = topic as string;
    if (this.#subscriptions.has(name)) {
      throw new HubError('ERR_HUB_ALREADY_SUBSCRIBED', 'there is a subscription to it already');
    }
    let answer = {};
    this.#subscriptions.set(name, null);
    try {
      const since = fieldOf(options, 'since') as Position | undefined;
      await this.#session.subscribe(name, { since }, ({ position, recovery }, subscription) => {
        answer = { topic: name, position, recovery };
        this.#subscriptions.set(name, subscription);
      });
    } catch (error) {
      this.#subscriptions.delete(name);
      throw error;
    }
    return answer;
  }

  async #unsubscribe(topic: unknown): Promise<object> {
    const subscription = this.#subscriptions.get(topic as string);
    if (subscription === undefined || subscription === null)
      throw new HubError('ERR_HUB_NOT_SUBSCRIBED', 'there is no subscription to it');
    this.#subscriptions.delete(topic as string);
    subscription.close();
    return { topic };
  }

  async #publish(topic: unknown, data: unknown, options: unknown): Promise<object> {
    const key = fieldOf(options, 'key') as string | undefined;
    const { position, isDuplicate } = await this.#session.publish(
      topic as string,
      contentOf(data),
      key === undefined ? {} : { key },
    );
    return { topic, position, isDuplicate };
  }

  async #history(topic: unknown, options: unknown): Promise<object> {
    const limit = fieldOf(options, 'limit');
    const page = await this.#session.history(topic as string, {
      since: fieldOf(options, 'since') as Position | undefined,
      limit: typeof limit === 'number' ? limit : defaultHistory,
    });
    const { position, isContinuous, publications } = page;
    return { topic, position, isContinuous, publications: publications.map(described) };
  }

  async #renew(token: unknown): Promise<object> {
    const identity = typeof token === 'string' ? await this.#parts.authenticate(token) : null;
    if (identity === null) throw new HubError('ERR_HUB_UNAUTHENTICATED', 'nobody is known by this token');
    await this.#session.renew(identity);
    return { name: identity.name };
  }

  #tellGap({ reason, position, missed }: Gap, { topic }: SubscriptionFace): void {
    this.#socket.emit('gap', { topic, reason, position, missed });
  }
}

/** A publication as clients get it: its data a string, bytes, or what JSON holds. */
function described({ topic, data, position, publisher, headers, publishedAt }: Publication): object {
  return { topic, data, position, publisher, headers, publishedAt };
}

/** A field of what a client has sent, if it has sent an object. */
function fieldOf(options: unknown, name: string): unknown {
  if (typeof options !== 'object' || options === null || !Object.hasOwn(options, name)) return undefined;
  return (options as Readonly<Record<string, unknown>>)[name];
}

const defaultHistory = 100;
