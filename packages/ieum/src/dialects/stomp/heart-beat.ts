import type { Clock } from '../../channel/clock.js';

/** What heart-beats need of their connection. All times are in milliseconds. */
export interface HeartBeatOwner {
  readonly clock: Clock;
  readonly lastSentAt: number;
  /** Whether the client is kept waiting: what it says is not read then. */
  readonly isBusy: boolean;
  send(): void;
  /** The client is silent for too long. */
  handleSilence(): void;
}

/** Says something when nothing else is said, and notices when the client says nothing. */
export class HeartBeat {
  readonly #owner: HeartBeatOwner;
  #lastReceivedAt: number;
  #cancelSending: () => void = ignore;
  #cancelReceiving: () => void = ignore;

  constructor(owner: HeartBeatOwner) {
    this.#owner = owner;
    this.#lastReceivedAt = owner.clock.now();
  }

  /** Begins, as agreed; 0 for never. */
  start(sendMs: number, receiveMs: number): void {
    this.handleReceived();
    if (sendMs > 0) this.#sendIn(sendMs * sendEarlier, sendMs * sendEarlier);
    if (receiveMs > 0) this.#watchFor(receiveMs * tolerance, receiveMs * tolerance);
  }

  handleReceived(): void {
    this.#lastReceivedAt = this.#owner.clock.now();
  }

  stop(): void {
    this.#cancelSending();
    this.#cancelReceiving();
  }

  #sendIn(delayMs: number, periodMs: number): void {
    const { clock } = this.#owner;
    this.#cancelSending = clock.setTimer(() => {
      const quietMs = clock.now() - this.#owner.lastSentAt;
      if (quietMs >= periodMs) this.#owner.send();
      this.#sendIn(quietMs >= periodMs ? periodMs : periodMs - quietMs, periodMs);
    }, delayMs);
  }

  #watchFor(delayMs: number, patienceMs: number): void {
    const { clock } = this.#owner;
    const dueAt = clock.now() + delayMs;
    this.#cancelReceiving = clock.setTimer(() => {
      const now = clock.now();
      // While this process stood still, or did not read, nobody could be heard.
      if (this.#owner.isBusy || now - dueAt > Math.min(stallMs, patienceMs / 10)) this.handleReceived();
      const quietMs = now - this.#lastReceivedAt;
      if (quietMs >= patienceMs) this.#owner.handleSilence();
      else this.#watchFor(patienceMs - quietMs, patienceMs);
    }, delayMs);
  }
}

/** So that what is on its way for a while still comes in time. */
const sendEarlier = 0.8;
/** Of the agreed time: a client whose timers are slowed down, or whose network is, is not gone. */
const tolerance = 2;
/** A timer that is later than this, or than a tenth of what it waits for, was held up. */
const stallMs = 1_000;

function ignore(): void {}
