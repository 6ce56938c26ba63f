import { shapeAsInterface } from './web-interface.js';

export interface CloseEventInit {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
  readonly wasClean?: boolean;
  readonly code?: number;
  readonly reason?: string;
}

/** Says how a connection ended (WebSockets Standard, `CloseEvent`). */
export interface CloseEvent extends Event {
  /** Whether both sides said goodbye with a Close frame. */
  readonly wasClean: boolean;
  /** The peer's close code; 1005 when it gave none, 1006 without its Close frame. */
  readonly code: number;
  readonly reason: string;
}

class OwnCloseEvent extends Event implements CloseEvent {
  readonly #wasClean: boolean;
  readonly #code: number;
  readonly #reason: string;

  constructor(type: string, init: CloseEventInit = {}) {
    super(type, init);
    this.#wasClean = Boolean(init.wasClean);
    this.#code = Number(init.code ?? 0) & 0xffff;
    this.#reason = `${init.reason ?? ''}`;
  }

  get wasClean(): boolean {
    return this.#wasClean;
  }

  get code(): number {
    return this.#code;
  }

  get reason(): string {
    return this.#reason;
  }
}

Object.defineProperty(OwnCloseEvent, 'name', { value: 'CloseEvent', configurable: true });
shapeAsInterface(OwnCloseEvent);

/** The platform's `CloseEvent`; where it has none, as Node 20 and 22, one of our own. Globals stay as they are. */
export const CloseEvent: new (type: string, init?: CloseEventInit) => CloseEvent =
  (globalThis as { CloseEvent?: typeof OwnCloseEvent }).CloseEvent ?? OwnCloseEvent;
