import { Probe } from './probe.js';
import { addRoundTrip, type RoundTrip } from './round-trips.js';

export interface ProbeChoice {
  readonly isOn: boolean;
  readonly intervalMs: number;
}

export interface ProbeOutlet {
  readonly send: (text: string) => void;
  readonly handleChange: () => void;
}

/** Sends probes at the chosen interval while the connection is open, and keeps their round trips. */
export class ProbeTimer {
  readonly #outlet: ProbeOutlet;
  #choice: ProbeChoice = { isOn: false, intervalMs: 1_000 };
  #roundTrips: readonly RoundTrip[] = [];
  #probe = newProbe();
  #timer: number | undefined;
  #isRunning = false;

  constructor(outlet: ProbeOutlet) {
    this.#outlet = outlet;
  }

  get choice(): ProbeChoice {
    return this.#choice;
  }

  get roundTrips(): readonly RoundTrip[] {
    return this.#roundTrips;
  }

  choose(choice: ProbeChoice): void {
    this.#choice = choice;
    if (this.#isRunning) this.start();
    this.#outlet.handleChange();
  }

  /** The connection is open: probe at once and then at the interval, if that is wanted. */
  start(): void {
    this.stop();
    this.#isRunning = true;
    if (!this.#choice.isOn) return;
    this.#handleInterval();
    this.#timer = window.setInterval(() => this.#handleInterval(), this.#choice.intervalMs);
  }

  stop(): void {
    this.#isRunning = false;
    window.clearInterval(this.#timer);
  }

  /** Forgets all measurements. */
  reset(): void {
    this.#probe = newProbe();
    this.#roundTrips = [];
  }

  /** The round trip of an answer, or undefined when the probe was another page's. */
  handleReceived(text: string, nowMs: number): number | undefined {
    const roundTripMs = this.#probe.handleReceived(text, nowMs);
    if (roundTripMs === undefined) return undefined;
    this.#roundTrips = addRoundTrip(this.#roundTrips, { timeMs: nowMs - roundTripMs, roundTripMs });
    this.#outlet.handleChange();
    return roundTripMs;
  }

  #handleInterval(): void {
    const nowMs = performance.timeOrigin + performance.now();
    for (const timeMs of this.#probe.takeOverdue(nowMs)) {
      this.#roundTrips = addRoundTrip(this.#roundTrips, { timeMs, roundTripMs: undefined });
    }
    this.#outlet.send(this.#probe.nextText(nowMs));
  }
}

function newProbe(): Probe {
  return new Probe(Math.random().toString(36).slice(2, 8));
}
