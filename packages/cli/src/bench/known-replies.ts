/**
 * Compressed replies that were found right, by their place in the reel. A server that compresses every message by itself
 * answers the same message with the same bytes, so what one connection found right need not be inflated again on another.
 */
export class KnownReplies {
  readonly #payloads = new Map<number, Buffer>();

  has(place: number, payload: Buffer): boolean {
    return this.#payloads.get(place)?.equals(payload) === true;
  }

  /** @param payload bytes, which are copied */
  learn(place: number, payload: Buffer): void {
    this.#payloads.set(place, Buffer.from(payload));
  }
}
