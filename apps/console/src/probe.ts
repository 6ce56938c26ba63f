/**
 * The messages that measure round trips: short texts that carry who asks and a number, so that an answer finds its
 * question even where many pages share a path.
 */
export class Probe {
  readonly #id: string;
  readonly #waiting = new Map<number, number>();
  readonly #timeoutMs: number;
  #sent = 0;

  /** `id` is lower-case letters and digits; an answer later than `timeoutMs` counts as none. */
  constructor(id: string, timeoutMs = 5_000) {
    this.#id = id;
    this.#timeoutMs = timeoutMs;
  }

  /** The next message to send. */
  nextText(nowMs: number): string {
    this.#sent += 1;
    this.#waiting.set(this.#sent, nowMs);
    return `${PREFIX}${this.#id} ${this.#sent}`;
  }

  /** The round trip of an answer to one of our own probes, in milliseconds. */
  handleReceived(text: string, nowMs: number): number | undefined {
    const [, id, number] = PROBE_TEXT.exec(text) ?? [];
    const sentAtMs = id === this.#id ? this.#waiting.get(Number(number)) : undefined;
    if (sentAtMs === undefined) return undefined;
    this.#waiting.delete(Number(number));
    return nowMs - sentAtMs;
  }

  /** Forgets the probes whose answers are overdue, and says when each was sent. */
  takeOverdue(nowMs: number): number[] {
    const overdue = [...this.#waiting].filter(([, sentAtMs]) => nowMs - sentAtMs > this.#timeoutMs);
    for (const [number] of overdue) this.#waiting.delete(number);
    return overdue.map(([, sentAtMs]) => sentAtMs);
  }
}

/** Whether a message is a probe, from this page or from another. */
export function isProbeText(text: string): boolean {
  return text.startsWith(PREFIX) && PROBE_TEXT.test(text);
}

const PREFIX = 'ieum-probe ';
const PROBE_TEXT = /^ieum-probe ([a-z0-9]+) (\d+)$/;
