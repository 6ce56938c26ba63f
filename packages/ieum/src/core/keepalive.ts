/** When to ping a silent peer and when to give it up. */
export interface KeepaliveOptions {
  /** Milliseconds of silence after which a Ping is sent. */
  readonly intervalMs: number;
  /** Milliseconds after that Ping within which any byte must arrive. */
  readonly graceMs: number;
}

/**
 * Notices a peer that is gone. Any byte counts as life, and silence counts only while we were able to hear: not while
 * we do not read, and not while our own process was stalled.
 */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  #heardAt: number;
  /** When the Ping was sent that nothing has followed; NaN when there is none. */
  #pingedAt = Number.NaN;
  #suspended = false;

  constructor(options: KeepaliveOptions, now: number) {
    this.#options = options;
    this.#heardAt = now;
  }

  /** A byte arrived. What was told before changes nothing. */
  hear(now: number): void {
    if (now <= this.#heardAt) return;
    this.#heardAt = now;
    this.#pingedAt = Number.NaN;
  }

  /** We stop reading: silence says nothing from now on. Pings go on, for a transport that is gone refuses them. */
  suspend(): void {
    this.#suspended = true;
  }

  /** We read again: silence counts from now on. */
  resume(now: number): void {
    this.#suspended = false;
    this.hear(now);
  }

  /** Our process did not run for so long: that much silence is ours. */
  excuse(stalledMs: number): void {
    this.#heardAt += stalledMs;
    this.#pingedAt += stalledMs;
  }

  deadline(): number {
    if (this.#suspended) return this.#latest() + this.#options.intervalMs;
    return Number.isNaN(this.#pingedAt)
      ? this.#heardAt + this.#options.intervalMs
      : this.#pingedAt + this.#options.graceMs;
  }

  /** When we last heard the peer or pinged it. */
  #latest(): number {
    return Number.isNaN(this.#pingedAt) ? this.#heardAt : this.#pingedAt;
  }

  /** What the silence up to `now` calls for. After `ping` the caller sends one. */
  check(now: number): 'wait' | 'ping' | 'dead' {
    if (now < this.deadline()) return 'wait';
    if (!this.#suspended && !Number.isNaN(this.#pingedAt)) return 'dead';
    this.#pingedAt = now;
    return 'ping';
  }
}
