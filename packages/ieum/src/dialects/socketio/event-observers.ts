import type { Listener } from './event-types.js';

/** Listeners that are told of every event, whatever its name. */
export class EventObservers {
  #listeners: Listener[] = [];

  get list(): readonly Listener[] {
    return this.#listeners;
  }

  get isEmpty(): boolean {
    return this.#listeners.length === 0;
  }

  append(listener: Listener): void {
    this.#listeners = [...this.#listeners, listener];
  }

  prepend(listener: Listener): void {
    this.#listeners = [listener, ...this.#listeners];
  }

  /** One, or all. */
  remove(listener: Listener | undefined): void {
    if (listener === undefined) this.#listeners = [];
    else {
      const index = this.#listeners.indexOf(listener);
      if (index !== -1) this.#listeners = this.#listeners.toSpliced(index, 1);
    }
  }
}
