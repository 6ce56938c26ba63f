import type { EventName, Listener } from './event-types.js';

/**
 * Something that has listeners, as an EventEmitter of Node has, which is what users of Socket.IO expect: the one class that others
 * inherit from here, because all of its methods are part of theirs. What a listener throws is reported and keeps no other from being
 * called.
 */
export abstract class Listenable<Events extends object> {
  readonly #listeners = new Map<string | symbol, Entry[]>();
  readonly #reportError: (error: unknown) => void;

  constructor(reportError: (error: unknown) => void) {
    this.#reportError = reportError;
  }

  on<Name extends EventName<Events>>(event: Name, listener: Extract<Events[Name], Listener>): this {
    return this.#add(event, { listener, isOnce: false });
  }

  once<Name extends EventName<Events>>(event: Name, listener: Extract<Events[Name], Listener>): this {
    return this.#add(event, { listener, isOnce: true });
  }

  addListener<Name extends EventName<Events>>(event: Name, listener: Extract<Events[Name], Listener>): this {
    return this.on(event, listener);
  }

  off<Name extends EventName<Events>>(event: Name, listener: Extract<Events[Name], Listener>): this {
    const entries = this.#listeners.get(event) ?? [];
    const index = entries.findLastIndex((entry) => entry.listener === listener);
    if (index !== -1) this.#listeners.set(event, entries.toSpliced(index, 1));
    return this;
  }

  removeListener<Name extends EventName<Events>>(
    event: Name,
    listener: Extract<Events[Name], Listener>,
  ): this {
    return this.off(event, listener);
  }

  /** Of one event, or of all. */
  removeAllListeners(event?: EventName<Events>): this {
    if (event === undefined) this.#listeners.clear();
    else this.#listeners.delete(event);
    return this;
  }

  listeners(event: EventName<Events>): Listener[] {
    return (this.#listeners.get(event) ?? []).map(({ listener }) => listener);
  }

  listenerCount(event: EventName<Events>): number {
    return this.#listeners.get(event)?.length ?? 0;
  }

  eventNames(): (string | symbol)[] {
    return [...this.#listeners].flatMap(([event, entries]) => (entries.length === 0 ? [] : [event]));
  }

  /** Calls the listeners of an event here; nobody else is told. Whether there were any. */
  protected tell(event: string | number, args: readonly unknown[]): boolean {
    const name = String(event);
    const entries = this.#listeners.get(name) ?? [];
    for (const entry of entries) {
      if (entry.isOnce) this.#remove(name, entry);
      this.call(entry.listener, args);
    }
    return entries.length > 0;
  }

  /** Calls a function of the application. */
  protected call(listener: Listener, args: readonly unknown[]): void {
    try {
      const work = listener.apply(this, [...args]);
      if (work instanceof Promise) work.catch(this.#reportError);
    } catch (error) {
      this.#reportError(error);
    }
  }

  #add(event: string, entry: Entry): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), entry]);
    return this;
  }

  #remove(event: string, entry: Entry): void {
    const entries = this.#listeners.get(event) ?? [];
    this.#listeners.set(
      event,
      entries.filter((other) => other !== entry),
    );
  }
}

interface Entry {
  readonly listener: Listener;
  readonly isOnce: boolean;
}
