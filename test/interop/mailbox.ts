/** Things that arrive, and those who wait for the next one. */
export class Mailbox<Thing> {
  readonly #things: Thing[] = [];
  readonly #waiting: ((thing: Thing) => void)[] = [];

  put(thing: Thing): void {
    const resolve = this.#waiting.shift();
    if (resolve === undefined) this.#things.push(thing);
    else resolve(thing);
  }

  next(): Promise<Thing> {
    if (this.#things.length > 0) return Promise.resolve(this.#things.shift() as Thing);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
