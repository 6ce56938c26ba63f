import type { Clock } from '../../channel/clock.js';
import { decodeArgs } from '../../codecs/socketio/index.js';
import type { ReplyFrame } from './frame.js';

/** What clients answered; an error when not all did in time. */
export type AnswersCallback = (error: Error | null, answers: unknown[]) => void;

/** Gathers the acknowledgements of a broadcast, of all nodes. */
export class AckGathering {
  readonly #done: AnswersCallback;
  /** Those that did not say yet how many will come. */
  readonly #uncounted: Set<string>;
  readonly #answers: unknown[] = [];
  #expected = 0;
  #isDone = false;
  readonly #cancelTimer: () => void;

  /** @param nodes all that may have sockets that are meant, this one included */
  constructor(
    nodes: Iterable<string>,
    timer: { readonly clock: Pick<Clock, 'setTimer'>; readonly timeoutMs: number },
    done: AnswersCallback,
  ) {
    this.#uncounted = new Set(nodes);
    this.#done = done;
    this.#cancelTimer = timer.clock.setTimer(() => {
      this.#finish(new Error('operation has timed out'));
    }, timer.timeoutMs);
  }

  /** A node has so many sockets that are meant. */
  count(node: string, sockets: number): void {
    if (!this.#uncounted.delete(node)) return;
    this.#expected += sockets;
    this.#check();
  }

  /** A socket has answered. */
  add(answer: unknown): void {
    this.#answers.push(answer);
    this.#check();
  }

  handleReply(frame: ReplyFrame, node: string): void {
    if (frame.type === 'count') this.count(node, frame.count);
    else if (frame.type === 'answer') this.add(decodeArgs(frame.args)[0]);
  }

  #check(): void {
    if (this.#uncounted.size === 0 && this.#answers.length >= this.#expected) this.#finish(null);
  }

  #finish(error: Error | null): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#cancelTimer();
    this.#done(error, this.#answers);
  }
}
