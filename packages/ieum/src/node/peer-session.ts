import { checkClose } from '../core/close.js';
import { CloseCode } from '../core/close-code.js';
import type { CloseRecord } from '../core/close-record.js';
import type { Message } from '../core/message.js';

import type { ConnectionDriver } from './connection-driver.js';
import type { DriverFace } from './driver-face.js';
import { MessageIterator } from './message-iterator.js';
import type { Peer } from './peer.js';
import type { PeerHandlers, PeerOwner } from './peer-handlers.js';
import { type PingResult, PingTracker } from './ping-tracker.js';

/** What happens behind a `Peer`: calls the application's handlers, guards against what they throw, remembers the end. */
export class PeerSession<User> implements DriverFace {
  readonly #peer: Peer<User>;
  readonly #handlers: PeerHandlers<User>;
  readonly #owner: PeerOwner<User>;
  #driver: ConnectionDriver | null = null;
  /** Pending while the `open` handler is at work. */
  #opening: Promise<void> | null = null;
  #failed = false;
  #record: CloseRecord | null = null;
  #closed: PromiseWithResolver<CloseRecord> | null = null;
  #abort: AbortController | null = null;
  #iterator: MessageIterator | null = null;
  #pings: PingTracker | null = null;

  constructor(peer: Peer<User>, handlers: PeerHandlers<User>, owner: PeerOwner<User>) {
    this.#peer = peer;
    this.#handlers = handlers;
    this.#owner = owner;
  }

  /** Calls the `open` handler, then reads. */
  start(driver: ConnectionDriver, head: Uint8Array): void {
    this.#driver = driver;
    const opening = this.#run(() => this.#handlers.open?.(this.#peer));
    if (opening !== undefined) {
      this.#opening = opening.then(() => {
        this.#opening = null;
      });
    }
    driver.start(head);
  }

  get consumesMessages(): boolean {
    return this.#handlers.message !== undefined;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#record !== null) this.#abort.abort(this.#record);
    return this.#abort.signal;
  }

  get closed(): Promise<CloseRecord> {
    this.#closed ??= new PromiseWithResolver<CloseRecord>();
    if (this.#record !== null) this.#closed.resolve(this.#record);
    return this.#closed.promise;
  }

  iterate(driver: ConnectionDriver): MessageIterator {
    this.#iterator ??= new MessageIterator(driver, this.#record !== null);
    return this.#iterator;
  }

  ping(driver: ConnectionDriver, payload: Uint8Array | undefined): Promise<PingResult> {
    this.#pings ??= new PingTracker(driver.clock);
    const sent = payload ?? this.#pings.nextPayload();
    if (!driver.sendPing(sent)) return Promise.resolve({ type: 'closed' });
    return this.#pings.track(sent);
  }

  handleMessage(message: Message): void | Promise<void> {
    if (this.#opening === null) return this.#deliver(message);
    return this.#opening.then(() => this.#deliver(message));
  }

  handleReadable(): void {
    this.#iterator?.handleReadable();
  }

  handlePing(payload: Uint8Array): void {
    if (this.#handlers.ping !== undefined) this.#run(() => this.#handlers.ping?.(this.#peer, payload));
  }

  handlePong(payload: Uint8Array): void {
    this.#pings?.receivePong(payload);
    if (this.#handlers.pong !== undefined) this.#run(() => this.#handlers.pong?.(this.#peer, payload));
  }

  handleClosed(record: CloseRecord): void {
    this.#record = record;
    this.#pings?.handleClosed();
    this.#iterator?.handleEnd();
    this.#closed?.resolve(record);
    this.#abort?.abort(record);
    this.#owner.handleGone(this.#peer, record);
  }

  handleFinished(record: CloseRecord): void {
    const finish = () => {
      this.#run(() => this.#handlers.closed?.(this.#peer, record));
      this.#owner.handleFinished(this.#peer);
    };
    if (this.#opening === null) finish();
    else void this.#opening.then(finish);
  }

  #deliver(message: Message): void | Promise<void> {
    if (this.#failed) return;
    try {
      const done = this.#handlers.message?.(this.#peer, message);
      if (isThenable(done)) return this.#watch(done);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Calls a handler: gives a promise that never rejects when the handler gives one. */
  #run(handler: () => unknown): void | Promise<void> {
    try {
      const done = handler();
      if (isThenable(done)) return this.#watch(done);
    } catch (error) {
      this.#fail(error);
    }
  }

  #watch(done: PromiseLike<unknown>): Promise<void> {
    return Promise.resolve(done).then(ignore, (error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#driver?.close(checkClose(CloseCode.InternalError, ''), { type: 'handler', error });
    this.#owner.reportError(error, this.#peer);
  }
}

/** A promise and what resolves it. */
class PromiseWithResolver<Value> {
  resolve: (value: Value) => void = ignore;
  readonly promise: Promise<Value> = new Promise((resolve) => {
    this.resolve = resolve;
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function ignore(): void {}
