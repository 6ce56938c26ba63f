import type { Channel } from '../../channel/channel.js';
import type { Clock } from '../../channel/clock.js';
import {
  agreeHeartBeat,
  negotiateVersion,
  parseHeartBeat,
  StompDecoder,
  type StompFrame,
  type StompLimits,
  type StompStep,
  type StompVersion,
  stompVersions,
} from '../../codecs/stomp/index.js';
import type { Identity } from '../../hub/identity.js';
import type { Session } from '../../hub/sessions/session.js';
import type { Subscriber } from '../../hub/subscriber.js';

import { HeartBeat } from './heart-beat.js';
import { Outbox } from './outbox.js';
import type { QueueTable } from './queue-table.js';
import { type Refusal, refusal, refusalOf } from './refusal.js';
import { type SessionLimits, StompSession } from './stomp-session.js';
import { StompSubscriber } from './stomp-subscriber.js';

/** A message as a channel gives it; text with its bytes where these are known. */
export type IncomingMessage =
  | { readonly type: 'text'; readonly data: string; readonly bytes?: Uint8Array }
  | { readonly type: 'binary'; readonly data: Uint8Array };

/** What a client says of itself. */
export interface StompLogin {
  readonly login: string | null;
  readonly passcode: string | null;
  /** All headers of its CONNECT. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What all connections of a dialect share. All times are in milliseconds. */
export interface ConnectionSettings<User> {
  readonly hub: { openSession(identity: Identity<User>, subscriber: Subscriber): Session<User> };
  readonly queues: QueueTable<User> | null;
  readonly limits: SessionLimits & StompLimits;
  /** Whether the channel carries text alone. */
  readonly isTextOnly: boolean;
  readonly heartBeat: { readonly sendMs: number; readonly receiveMs: number };
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
  readonly now: () => number;
  readonly reportError: (error: unknown) => void;
}

/** Who a client is, or null. */
export type Authenticate<User> = (login: StompLogin) => Promise<Identity<User> | null>;

/** One client, from the opening of its channel to the end. */
export class StompConnection<User> {
  readonly #channel: Channel;
  readonly #authenticate: Authenticate<User>;
  readonly #settings: ConnectionSettings<User>;
  readonly #outbox: Outbox;
  readonly #decoder: StompDecoder;
  readonly #heartBeat: HeartBeat;
  #session: StompSession<User> | null = null;
  #isClosed = false;
  #cancelTimer: () => void = ignore;
  /** Settles what waits for the application when the connection is gone. */
  #handleGone: () => void = ignore;
  /** What is being handled and holds up what comes behind it. */
  #busy: Promise<void> | null = null;
  #watchesEnd = false;

  constructor(channel: Channel, authenticate: Authenticate<User>, settings: ConnectionSettings<User>) {
    this.#channel = channel;
    this.#authenticate = authenticate;
    this.#settings = settings;
    const { clock, limits } = settings;
    const outbox = new Outbox(channel, () => clock.now());
    this.#outbox = outbox;
    this.#decoder = new StompDecoder(limits);
    const isBusy = () => this.#busy !== null;
    this.#heartBeat = new HeartBeat({
      clock,
      get lastSentAt() {
        return outbox.lastSentAt;
      },
      get isBusy() {
        return isBusy();
      },
      send: () => outbox.sendHeartBeat(),
      handleSilence: () => this.#refuse(refusal('ERR_STOMP_SILENT', 'no heart-beat came'), null),
    });
  }

  /** The client has its time to connect from now on. */
  start(): void {
    const { clock, connectTimeoutMs } = this.#settings;
    this.#cancelTimer = clock.setTimer(() => {
      this.#refuse(refusal('ERR_STOMP_CONNECT_TIMEOUT', 'it took too long to connect'), null);
    }, connectTimeoutMs);
  }

  /** Takes the next message. The next one after it waits for the promise that this may return, which never rejects. */
  receive(message: IncomingMessage): void | Promise<void> {
    if (this.#isClosed) return undefined;
    this.#heartBeat.handleReceived();
    this.#decoder.receive(bytesOf(message));
    if (this.#busy !== null) return this.#busy;
    const busy = this.#handleSteps();
    if (busy === undefined) return undefined;
    this.#watchEnd();
    this.#busy = busy.then(() => {
      this.#busy = null;
    });
    return this.#busy;
  }

  /** The channel is gone. */
  close(): void {
    this.#outbox.handleClosed();
    this.#end();
  }

  /** Handlers are told of the end when every message is handled; one that waits for the end must hear of it before. */
  #watchEnd(): void {
    if (this.#watchesEnd) return;
    this.#watchesEnd = true;
    void this.#channel.closed.then(() => this.close());
  }

  /** Handles all that has come; a promise when something has to be waited for. */
  #handleSteps(): void | Promise<void> {
    const isTooLong = this.#startTurn();
    for (let step = this.#nextStep(); step !== null; step = this.#nextStep()) {
      const busy = this.#handleStep(step) ?? (isTooLong() ? this.#giveWay() : undefined);
      if (busy !== undefined) return this.#handleRest(busy);
    }
  }

  async #handleRest(first: Promise<void>): Promise<void> {
    await first;
    let isTooLong = this.#startTurn();
    for (let step = this.#nextStep(); step !== null; step = this.#nextStep()) {
      await this.#handleStep(step);
      if (!isTooLong()) continue;
      await this.#giveWay();
      isTooLong = this.#startTurn();
    }
  }

  /** A message may hold many thousands of frames: whether they have taken longer than others should wait. */
  #startTurn(): () => boolean {
    const { clock } = this.#settings;
    const startedAt = clock.now();
    let steps = 0;
    return () => ++steps % stepsAtOnce === 0 && clock.now() - startedAt > turnMs;
  }

  /** Resolves when others had their turn. */
  #giveWay(): Promise<void> {
    return new Promise((resolve) => {
      this.#settings.clock.setTimer(resolve, 0);
    });
  }

  #nextStep(): StompStep | null {
    return this.#isClosed ? null : this.#decoder.next();
  }

  #handleStep(step: StompStep): void | Promise<void> {
    if (step.type === 'heart-beat') return undefined;
    if (step.type === 'violation') return this.#refuse(refusal(step.code, step.message), step.receipt);
    const { frame } = step;
    if (this.#session !== null) return this.#session.handle(frame);
    if (frame.command === 'CONNECT' || frame.command === 'STOMP') return this.#connect(frame);
    const problem = refusal('ERR_STOMP_NOT_CONNECTED', 'the first frame is CONNECT');
    return this.#refuse(problem, frame.headers.get('receipt') ?? null);
  }

  async #connect({ headers }: StompFrame): Promise<void> {
    const version = negotiateVersion(headers.get('accept-version'));
    const heartBeat = parseHeartBeat(headers.get('heart-beat'));
    if (version === null) return this.#refuse(unsupportedVersion, null);
    this.#outbox.version = version;
    this.#decoder.version = version;
    if (heartBeat === null) {
      return this.#refuse(refusal('ERR_STOMP_INVALID_HEADER', 'heart-beat is two numbers'), null);
    }
    const [login = null, passcode = null] = [headers.get('login'), headers.get('passcode')];
    const problem = await this.#admit({ login, passcode, headers }, version);
    if (problem !== null) return this.#refuse(problem, null);
    if (this.#isClosed) return undefined;
    const { sendMs, receiveMs } = version === '1.0' ? never : this.#settings.heartBeat;
    this.#heartBeat.start(
      agreeHeartBeat(sendMs, heartBeat.receiveMs),
      agreeHeartBeat(heartBeat.sendMs, receiveMs),
    );
  }

  /** Finds out who it is, and lets them in. What the hub has to say at once comes behind CONNECTED. */
  async #admit(login: StompLogin, version: StompVersion): Promise<Refusal | null> {
    const { hub, now } = this.#settings;
    try {
      const identity = await this.#identify(login);
      if (this.#isClosed) return null;
      if (identity === null || (identity.expiresAtMs ?? Infinity) <= now()) return unauthenticated;
      const session = hub.openSession(
        identity,
        this.#createSubscriber(() => session),
      );
      if (this.#isClosed) session.close();
      else this.#open(session, version);
      return null;
    } catch (error) {
      if (!this.#isClosed) return refusalOf(error, (cause) => this.#report(cause));
      this.#report(error);
      return null;
    }
  }

  /** Who the client is; null for nobody, and when the connection is gone before that is known. */
  #identify(login: StompLogin): Promise<Identity<User> | null> {
    return new Promise((resolve, reject) => {
      const settle = (conclude: () => void) => {
        this.#handleGone = ignore;
        conclude();
      };
      this.#handleGone = () => resolve(null);
      this.#authenticate(login).then(
        (identity) => settle(() => resolve(identity)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  #createSubscriber(session: () => Session<User>): StompSubscriber {
    return new StompSubscriber({
      refuse: (problem) => this.#refuse(problem, null),
      refuseRequest: (id) => {
        const answer = { code: 'ERR_HUB_UNKNOWN_METHOD', message: 'STOMP has no requests to clients' };
        session().receiveAnswer(id, { type: 'error', ...answer });
      },
      handleClose: (close) => {
        this.#outbox.close(close);
        this.#end();
      },
      report: (error) => this.#report(error),
    });
  }

  #open(session: Session<User>, version: StompVersion): void {
    this.#stopTimer();
    const { limits, queues, heartBeat, isTextOnly } = this.#settings;
    this.#session = new StompSession(session, {
      ...{ outbox: this.#outbox, version, isTextOnly, limits, queues },
      refuse: (problem, receipt) => this.#refuse(problem, receipt),
      report: (error) => this.#report(error),
    });
    const { name } = session.identity;
    const headers: [string, string][] = [
      ['version', version],
      ['session', session.id],
      ['server', 'ieum'],
    ];
    if (version !== '1.0') headers.push(['heart-beat', `${heartBeat.sendMs},${heartBeat.receiveMs}`]);
    if (name !== null) headers.push(['user-name', name]);
    this.#outbox.send({ command: 'CONNECTED', headers });
  }

  #refuse(problem: Refusal, receipt: string | null): void {
    this.#outbox.refuse(problem, receipt);
    this.#end();
  }

  #report(error: unknown): void {
    try {
      this.#settings.reportError(error);
    } catch {
      // Whoever is told of errors may fail too; nobody is left to tell.
    }
  }

  #stopTimer(): void {
    this.#cancelTimer();
    this.#cancelTimer = ignore;
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTimer();
    this.#heartBeat.stop();
    this.#handleGone();
    this.#session?.close();
  }
}

function bytesOf(message: IncomingMessage): Uint8Array {
  if (message.type === 'binary') return message.data;
  return message.bytes ?? encoder.encode(message.data);
}

function ignore(): void {}

/** How often the time is looked at. */
const stepsAtOnce = 32;
const turnMs = 10;
const encoder = new TextEncoder();
const never = { sendMs: 0, receiveMs: 0 };
const unauthenticated: Refusal = refusal('ERR_HUB_UNAUTHENTICATED', 'login failed');
const unsupportedVersion: Refusal = {
  ...refusal('ERR_STOMP_UNSUPPORTED_VERSION', `supported versions are ${stompVersions.join(', ')}`),
  headers: [['version', stompVersions.join(',')]],
};
