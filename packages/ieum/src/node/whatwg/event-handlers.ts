/** What an `on…` attribute may hold. */
export type EventHandler<Owner, EventType> = ((this: Owner, event: EventType) => unknown) | null;

/**
 * The `on…` attributes of an event target (HTML Standard, "Event handlers"). A handler has its place among the listeners
 * from when it was first set; a further one takes that place, and null gives it up.
 */
export class EventHandlers {
  readonly #target: EventTarget;
  readonly #slots = new Map<string, Slot>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): object | null {
    return this.#slots.get(type)?.handler ?? null;
  }

  /** @param value anything that is no object means null; an object that cannot be called is kept and does nothing */
  set(type: string, value: unknown): void {
    const slot = this.#slots.get(type);
    if (!isObject(value)) {
      if (slot !== undefined) this.#target.removeEventListener(type, slot.listener);
      this.#slots.delete(type);
    } else if (slot === undefined) this.#activate(type, value);
    else slot.handler = value;
  }

  #activate(type: string, handler: object): void {
    const target = this.#target;
    const slot: Slot = {
      handler,
      listener(event) {
        const isCancelled = typeof slot.handler === 'function' && slot.handler.call(target, event) === false;
        if (isCancelled) event.preventDefault();
      },
    };
    this.#slots.set(type, slot);
    target.addEventListener(type, slot.listener);
  }
}

interface Slot {
  handler: object;
  readonly listener: (event: Event) => void;
}

function isObject(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}
