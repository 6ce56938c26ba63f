import type { Clock } from '../../channel/clock.js';

export type AckHandler = (...args: unknown[]) => void;

/** Acknowledgements that a client owes. */
export class PendingAcks {
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #handlers = new Map<number, AckHandler>();
  /** What is called, once, when nothing more can come. */
  readonly #failures = new Map<number, (error: Error) => void>();
  #lastId = -1;

  constructor(clock: Pick<Clock, 'setTimer'>) {
    this.#clock = clock;
  }

  /** @returns the id that the client answers with */
  add(handler: AckHandler): number {
    const id = ++this.#lastId;
    this.#handlers.set(id, handler);
    return id;
  }

  /** The same, but that `handler` is told first of an error: when it is not answered in time, or the client goes. */
  addTimed(handler: AckHandler, timeoutMs: number): number {
    const id = this.add((...args) => {
      cancel();
      this.#failures.delete(id);
      handler(null, ...args);
    });
    const fail = (error: Error) => {
      cancel();
      this.#handlers.delete(id);
      this.#failures.delete(id);
      handler(error);
    };
    const cancel = this.#clock.setTimer(() => fail(new Error('operation has timed out')), timeoutMs);
    this.#failures.set(id, fail);
    return id;
  }

  /** The client answers. What nobody waits for is ignored. */
  receive(id: number, args: readonly unknown[]): void {
    const handler = this.#handlers.get(id);
    this.#handlers.delete(id);
    handler?.(...args);
  }

  /** The client is gone. */
  close(): void {
    const failures = [...this.#failures.values()];
    this.#handlers.clear();
    for (const fail of failures) fail(new Error('socket has been disconnected'));
  }
}
