import type { Clock } from '../../channel/clock.js';

/** The other nodes that are there: each says hello again and again, and at once to one that it does not know. */
export class NodeDirectory {
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #sayHello: () => void;
  /** What cancels the timer after which each is given up. */
  readonly #nodes = new Map<string, () => void>();
  readonly #names = new Set<string>();
  #cancelTimer: () => void = () => undefined;
  #isStopped = false;

  constructor(clock: Pick<Clock, 'setTimer'>, sayHello: () => void) {
    this.#clock = clock;
    this.#sayHello = sayHello;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  start(): void {
    if (this.#isStopped) return;
    this.#sayHello();
    this.#cancelTimer = this.#clock.setTimer(() => this.start(), helloMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
    for (const node of [...this.#names]) this.remove(node);
  }

  /** It said hello. */
  add(node: string): void {
    if (this.#isStopped) return;
    if (!this.#names.has(node)) this.#sayHello();
    this.#nodes.get(node)?.();
    this.#names.add(node);
    this.#nodes.set(
      node,
      this.#clock.setTimer(() => this.remove(node), goneMs),
    );
  }

  remove(node: string): void {
    this.#nodes.get(node)?.();
    this.#nodes.delete(node);
    this.#names.delete(node);
  }
}

const helloMs = 5_000;
/** After so long without a word a node is not waited for any more. */
const goneMs = 12_000;
