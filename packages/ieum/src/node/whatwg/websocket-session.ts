import type { Close } from '../../core/close.js';
import type { CloseRecord } from '../../core/close-record.js';
import type { Message } from '../../core/message.js';

import type { ConnectionDriver } from '../connection-driver.js';
import type { DriverFace } from '../driver-face.js';

import type { ConnectionAttempt, Established } from './connection-attempt.js';
import type { FailureCause } from './failure-event.js';
import { SendLane } from './send-lane.js';
import { TaskQueue } from './task-queue.js';

/** How a session ended. */
export interface SessionEnd {
  /** Null after a closing handshake. */
  readonly failure: FailureCause | null;
  readonly code: number;
  readonly reason: string;
}

/** Who is told what happens, each in a task of its own. */
export interface SessionOwner {
  handleOpen(protocol: string, extensions: string): void;
  handleMessage(message: Message): void;
  handleFailure(cause: FailureCause): void;
  /** The last of all. */
  handleClosed(end: SessionEnd): void;
}

/** What happens behind a `WebSocket`, from the attempt to connect to the end, turned into tasks. */
export class WebSocketSession implements DriverFace {
  readonly consumesMessages = true;
  readonly #owner: SessionOwner;
  readonly #attempt: ConnectionAttempt;
  readonly #tasks = new TaskQueue();
  #driver: ConnectionDriver | null = null;
  #lane: SendLane | null = null;

  constructor(owner: SessionOwner, attempt: ConnectionAttempt) {
    this.#owner = owner;
    this.#attempt = attempt;
    attempt.run(this).then(
      (established) => this.#start(established),
      (error: unknown) => this.#end({ failure: { type: 'opening', error }, code: 1006, reason: '' }),
    );
  }

  /** Whether the connection takes no more messages, and all that came before that were told. */
  get isClosing(): boolean {
    return this.#driver !== null && this.#driver.state !== 'open' && this.#tasks.length === 0;
  }

  get bufferedAmount(): number {
    return this.#lane?.bufferedAmount ?? 0;
  }

  send(data: string | Uint8Array | Blob): void {
    this.#lane?.send(data);
  }

  close(close: Close): void {
    this.#lane?.close(close);
  }

  /** Gives up a connection that its owner does not know to be open. */
  abandon(): void {
    if (this.#driver !== null) this.#driver.abort();
    else this.#attempt.abort(new DOMException('closed before the connection was established', 'AbortError'));
  }

  handleMessage(message: Message): void | Promise<void> {
    this.#tasks.add(() => this.#owner.handleMessage(message));
    if (this.#tasks.length >= maxWaitingTasks) return this.#tasks.whenIdle();
  }

  handleReadable(): void {}

  handlePing(): void {}

  handlePong(): void {}

  handleClosed(): void {}

  handleFinished(record: CloseRecord): void {
    const failure = record.wasClean ? null : record.cause;
    this.#end({ failure, code: record.code, reason: record.reason });
  }

  #start({ driver, protocol, extensions, head }: Established): void {
    this.#driver = driver;
    this.#lane = new SendLane(driver, (error) => driver.abort({ type: 'handler', error }));
    this.#tasks.add(() => this.#owner.handleOpen(protocol, extensions));
    driver.start(head);
  }

  #end(end: SessionEnd): void {
    const { failure } = end;
    if (failure !== null) this.#tasks.add(() => this.#owner.handleFailure(failure));
    this.#tasks.add(() => this.#owner.handleClosed(end));
  }
}

/** How many messages may wait for their task before the driver keeps the next ones, within its budget. */
const maxWaitingTasks = 64;
