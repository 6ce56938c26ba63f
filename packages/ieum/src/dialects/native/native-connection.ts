import type { Channel } from '../../channel/channel.js';
import type { Clock } from '../../channel/clock.js';
import {
  type ClientMessage,
  decodeClientMessage,
  type EnvelopeViolation,
  type WireLimits,
} from '../../codecs/native/index.js';
import { CloseCode } from '../../core/close-code.js';
import { HubError, type HubErrorCode } from '../../hub/hub-error.js';
import type { Identity } from '../../hub/identity.js';
import type { Session } from '../../hub/sessions/session.js';
import type { Subscriber } from '../../hub/subscriber.js';

import { expiryOf, hasExpired, NativeSession, unauthenticated } from './native-session.js';
import { NativeSubscriber } from './native-subscriber.js';
import { NativeSubscriptions } from './native-subscriptions.js';
import { Outbox } from './outbox.js';
import { ReadingTurn } from './reading-turn.js';

/** A message as a channel gives it. */
export type IncomingMessage =
  | { readonly type: 'text'; readonly data: string }
  | { readonly type: 'binary'; readonly data: Uint8Array };

/** What all connections of a dialect share. */
export interface ConnectionSettings<User> {
  readonly hub: { openSession(identity: Identity<User>, subscriber: Subscriber): Session<User> };
  readonly limits: WireLimits;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly now: () => number;
  readonly reportError: (error: unknown) => void;
}

/** Who a client is by its token, or null. */
export type Authenticate<User> = (token: string | null) => Promise<Identity<User> | null>;

/** The close codes of `ieum.v1` that are its own. */
export const NativeCloseCode = {
  /** The first message was none of this protocol. */
  BadEnvelope: 4400,
  /** The client did not say who it is, was not believed, or its right has ended. */
  Unauthenticated: 4401,
  /** It was not connected in time. */
  ConnectTimeout: 4408,
} as const;

/** One client, from the opening of its channel to the end. */
export class NativeConnection<User> {
  readonly #channel: Channel;
  readonly #outbox: Outbox;
  readonly #authenticate: Authenticate<User>;
  readonly #settings: ConnectionSettings<User>;
  readonly #turn: ReadingTurn;
  #session: NativeSession<User> | null = null;
  #isClosed = false;
  #cancelTimer: () => void = ignore;
  /** Settles what waits for the application when the connection is gone. */
  #handleGone: () => void = ignore;
  #watchesEnd = false;

  constructor(channel: Channel, authenticate: Authenticate<User>, settings: ConnectionSettings<User>) {
    this.#channel = channel;
    this.#outbox = new Outbox(channel, settings.reportError);
    this.#authenticate = authenticate;
    this.#settings = settings;
    this.#turn = new ReadingTurn(settings.clock);
  }

  /** The client has its time to connect from now on. */
  start(): void {
    const { clock, connectTimeoutMs } = this.#settings;
    this.#cancelTimer = clock.setTimer(() => {
      this.#refuse(NativeCloseCode.ConnectTimeout, unauthenticated('it took too long to connect'));
    }, connectTimeoutMs);
  }

  /** Takes the next message. The next one after it waits for the promise that this may return, which never rejects. */
  receive(message: IncomingMessage): void | Promise<void> {
    if (this.#isClosed) return undefined;
    const decoded = decodeClientMessage(message.data);
    if (this.#session === null) return this.#receiveFirst(decoded);
    const busy = this.#session.receive(decoded);
    if (busy !== undefined) this.#watchEnd();
    const turn = this.#turn.handleMessage();
    return turn === undefined ? busy : turn.then(() => busy);
  }

  /** The channel is gone. */
  close(): void {
    this.#end();
    this.#outbox.handleClosed();
  }

  /** Handlers are told of the end when every message is handled; one that waits for the end must hear of it before. */
  #watchEnd(): void {
    if (this.#watchesEnd) return;
    this.#watchesEnd = true;
    void this.#channel.closed.then(() => this.close());
  }

  #receiveFirst(message: ClientMessage | EnvelopeViolation): void | Promise<void> {
    if (message.type === 'connect') return this.#connect(message.token ?? null);
    if (message.type === 'violation') {
      this.#refuse(
        NativeCloseCode.BadEnvelope,
        new HubError('ERR_HUB_INVALID_ENVELOPE', message.message),
        message.id,
      );
      return undefined;
    }
    const id = 'id' in message ? (message.id ?? null) : null;
    this.#refuse(NativeCloseCode.Unauthenticated, unauthenticated('the first message is connect'), id);
  }

  async #connect(token: string | null): Promise<void> {
    try {
      const identity = await this.#identify(token);
      if (this.#isClosed) return;
      if (identity === null || hasExpired(identity, this.#settings.now())) {
        this.#refuse(NativeCloseCode.Unauthenticated, unauthenticated('nobody is known by this token'));
      } else {
        this.#open(identity);
      }
    } catch (error) {
      if (this.#isClosed) this.#outbox.report(error);
      else this.#fail(error);
    }
  }

  /** Who the client is; null for nobody, and when the connection is gone before that is known. */
  #identify(token: string | null): Promise<Identity<User> | null> {
    return new Promise((resolve, reject) => {
      const settle = (conclude: () => void) => {
        this.#handleGone = ignore;
        conclude();
      };
      this.#handleGone = () => resolve(null);
      this.#authenticate(token).then(
        (identity) => settle(() => resolve(identity)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  /** @throws what `openSession` throws */
  #open(identity: Identity<User>): void {
    const { hub, limits, now } = this.#settings;
    const subscriptions = new NativeSubscriptions(this.#outbox);
    const subscriber = new NativeSubscriber(this.#outbox, subscriptions, {
      handleUnsendable: (id, error) => this.#session?.refuseRequest(id, error),
      handleClose: (close) => {
        this.#outbox.close(close);
        this.#end();
      },
    });
    this.#outbox.hold();
    const session = hub.openSession(identity, subscriber);
    if (this.#isClosed) {
      session.close();
      return;
    }
    this.#stopTimer();
    const authenticate = (token: string) => this.#identify(token);
    this.#session = new NativeSession(session, {
      outbox: this.#outbox,
      subscriptions,
      authenticate,
      limits,
      now,
    });
    this.#outbox.release({
      type: 'connected',
      session: session.id,
      name: identity.name,
      ...expiryOf(identity, now()),
      limits,
    });
  }

  /** Something that is not the client's fault keeps it from being connected. */
  #fail(error: unknown): void {
    const code = error instanceof HubError ? error.code : null;
    this.#outbox.discard();
    this.#outbox.refuse(null, error);
    this.#close(code === null ? CloseCode.InternalError : (closeCodes[code] ?? CloseCode.TryAgainLater), '');
  }

  #refuse(code: number, error: HubError, id: number | null = null): void {
    this.#outbox.refuse(id, error);
    this.#close(code, error.message);
  }

  #close(code: number, reason: string): void {
    this.#outbox.close({ code, reason, retryAfterMs: null });
    this.#end();
  }

  #stopTimer(): void {
    this.#cancelTimer();
    this.#cancelTimer = ignore;
  }

  #end(): void {
    this.#isClosed = true;
    this.#stopTimer();
    this.#handleGone();
    this.#session?.close();
  }
}

const closeCodes: Partial<Record<HubErrorCode, number>> = {
  ERR_HUB_UNAUTHENTICATED: NativeCloseCode.Unauthenticated,
  ERR_HUB_FORBIDDEN: NativeCloseCode.Unauthenticated,
};

function ignore(): void {}
