import { type Outgoing, type PreparedMessage, prepareMessage } from 'ieum';

/** Takes a message as it comes. It cannot make the sender wait: whatever it cannot take at once is its own to bound. */
export type BusHandler = (message: PreparedMessage) => void;

/** How what happens in one worker reaches all of them: a message goes to a topic, and to whoever subscribed to it. */
export interface WorkerBus {
  /**
   * Hands a message to every subscriber of the topic in every worker, this one included, exactly once and in the order
   * of the calls in one worker. Between messages of two workers, subscribers may see different orders.
   *
   * Gives a promise while too much waits for a worker that lags, and settles it when there is room: whoever awaits it
   * bounds what waits. Nothing is dropped: a worker that never catches up is ended, and its connections with it.
   */
  publish(topic: string, data: Outgoing): void | Promise<void>;
  /** Begins at once for what this worker publishes, and when the message arrives for what others do. Returns what undoes it. */
  subscribe(topic: string, handler: BusHandler): () => void;
}

/** The bus of a process that is alone. */
export class LocalBus implements WorkerBus {
  readonly #handlers = new Map<string, Set<BusHandler>>();

  publish(topic: string, data: Outgoing): void {
    const handlers = this.#handlers.get(topic);
    if (handlers === undefined) return;
    const message = prepareMessage(data);
    for (const handler of handlers) handler(message);
  }

  subscribe(topic: string, handler: BusHandler): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set();
    this.#handlers.set(topic, handlers.add(handler));
    return () => {
      handlers.delete(handler);
      if (handlers.size === 0 && this.#handlers.get(topic) === handlers) this.#handlers.delete(topic);
    };
  }
}
