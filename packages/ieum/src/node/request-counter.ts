/** Counts requests that are being answered, whichever version of HTTP they came over. */
export class RequestCounter {
  #inFlight = 0;
  /** Called when no request is in flight any more. */
  #handleIdle: () => void = () => {};

  /** Counts a request until its response is out or its client gone. */
  add(response: { once(event: 'close', listener: () => void): unknown }): void {
    this.#inFlight++;
    response.once('close', () => {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#handleIdle();
    });
  }

  /** Resolves when no request is in flight. For one caller. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#handleIdle = resolve;
    });
  }
}
