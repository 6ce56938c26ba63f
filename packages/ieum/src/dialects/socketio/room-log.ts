/** When a socket was in a room: behind `from` in the stream, up to `until`. */
export interface RoomSpan {
  readonly room: string;
  readonly from: number;
  /** Null while it is. */
  readonly until: number | null;
}

/** In which rooms a socket was at which place of the stream: what it missed can be told from it, exactly. */
export class RoomLog {
  readonly #current = new Map<string, number>();
  #past: RoomSpan[] = [];

  constructor(spans: readonly RoomSpan[] = []) {
    for (const span of spans) {
      if (span.until === null) this.#current.set(span.room, span.from);
      else this.#past.push(span);
    }
  }

  get rooms(): string[] {
    return [...this.#current.keys()];
  }

  get spans(): RoomSpan[] {
    const current = [...this.#current].map(([room, from]) => ({ room, from, until: null }));
    return [...this.#past, ...current];
  }

  join(room: string, offset: number): void {
    if (!this.#current.has(room)) this.#current.set(room, offset);
  }

  leave(room: string, offset: number): void {
    const from = this.#current.get(room);
    if (from === undefined) return;
    this.#current.delete(room);
    this.#past.push({ room, from, until: offset });
    if (this.#past.length > maxPast) this.#past = this.#past.slice(-maxPast);
  }

  /** Whether it was in the room for what stands at `offset`. */
  wasIn(room: string, offset: number): boolean {
    const from = this.#current.get(room);
    if (from !== undefined && offset > from) return true;
    return this.#past.some(
      (span) => span.room === room && offset > span.from && offset <= (span.until ?? Infinity),
    );
  }
}

/** Rooms that a socket has left, kept for what was on its way then. */
const maxPast = 128;
