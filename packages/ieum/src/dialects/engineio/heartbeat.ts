import type { Clock } from '../../channel/clock.js';

export interface HeartbeatTimes {
  /** From the answer to one ping to the next. */
  readonly intervalMs: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
}

export interface HeartbeatOwner {
  sendPing(): void;
  handleSilence(): void;
}

/** Pings a client again and again, and notices when it does not answer. */
export class Heartbeat {
  readonly #clock: Pick<Clock, 'setTimer'>;
  readonly #times: HeartbeatTimes;
  readonly #owner: HeartbeatOwner;
  #cancelTimer: () => void = ignore;
  #wasHeard = false;
  #isAsking = false;

  constructor(clock: Pick<Clock, 'setTimer'>, times: HeartbeatTimes, owner: HeartbeatOwner) {
    this.#clock = clock;
    this.#times = times;
    this.#owner = owner;
  }

  /** Whether an answer is waited for. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Waits for the time of the next ping. */
  start(): void {
    this.#isAsking = false;
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.setTimer(() => this.#ping(), this.#times.intervalMs);
  }

  /** The client sent something: while its answer is behind that, it is alive. */
  handlePacket(): void {
    this.#wasHeard = true;
  }

  stop(): void {
    this.#cancelTimer();
    this.#cancelTimer = ignore;
  }

  #ping(): void {
    this.#wasHeard = false;
    this.#isAsking = true;
    this.#cancelTimer = this.#clock.setTimer(() => this.#handleTimeout(), this.#times.timeoutMs);
    this.#owner.sendPing();
  }

  #handleTimeout(): void {
    if (this.#wasHeard) this.#ping();
    else this.#owner.handleSilence();
  }
}

function ignore(): void {}
