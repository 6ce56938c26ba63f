import type { Clock } from '../channel/clock.js';

/** Something with a deadline that moves: mostly later, without telling. */
export interface Timed {
  /** Where the wheel keeps it; null when it is not watched. Only the wheel writes it, and its index there. */
  slot: DeadlineSlot | null;
  slotIndex: number;
  /** When `handleDeadline` has to be called; infinity for never. */
  deadline(): number;
  handleDeadline(now: number): void;
  /** The process stood still for so long; what the peer did not do in that time is not its fault. */
  excuseStall(stalledMs: number): void;
}

/** What is looked at together. */
export interface DeadlineSlot {
  /** The end of its time, in slots since the clock's beginning. */
  readonly number: number;
  readonly entries: Timed[];
}

/**
 * Watches the deadlines of all connections with one timer. An entry stands in the slot where its deadline was when it
 * was last looked at; a deadline that moved later is found out when that slot comes up, so receiving costs nothing here.
 */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #slots = new Map<number, DeadlineSlot>();
  #armedSlot = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | null = null;
  /** The first slot that did not come up yet. Whatever is due sooner waits for it. */
  #soonestSlot = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to watch `entry`, or takes note that its deadline may have moved to an earlier time. */
  watch(entry: Timed): void {
    const number = Math.max(this.#soonestSlot, Math.ceil(entry.deadline() / slotMs));
    if (number >= (entry.slot?.number ?? Number.POSITIVE_INFINITY)) return;
    this.unwatch(entry);
    this.#place(entry, number);
    if (number < this.#armedSlot) this.#arm(number);
  }

  unwatch(entry: Timed): void {
    const { slot, slotIndex } = entry;
    if (slot === null) return;
    entry.slot = null;
    const { entries } = slot;
    const last = entries.pop() as Timed;
    if (last !== entry) {
      entries[slotIndex] = last;
      last.slotIndex = slotIndex;
    }
    if (entries.length === 0) this.#slots.delete(slot.number);
  }

  #place(entry: Timed, number: number): void {
    let slot = this.#slots.get(number);
    if (slot === undefined) {
      slot = { number, entries: [] };
      this.#slots.set(number, slot);
    }
    entry.slot = slot;
    entry.slotIndex = slot.entries.push(entry) - 1;
  }

  #arm(slot: number): void {
    this.#cancelTimer?.();
    this.#armedSlot = slot;
    const delayMs = Math.max(0, slot * slotMs - this.#clock.now());
    this.#cancelTimer = this.#clock.setTimer(() => this.#handleTimer(), delayMs);
  }

  #handleTimer(): void {
    const now = this.#clock.now();
    const lateMs = now - this.#armedSlot * slotMs;
    this.#armedSlot = Number.POSITIVE_INFINITY;
    this.#cancelTimer = null;
    if (lateMs > stallMs) this.#excuse(lateMs);
    this.#soonestSlot = Math.floor(now / slotMs) + 1;
    for (const { number, entries } of this.#slots.values()) {
      if (number >= this.#soonestSlot) continue;
      for (let entry = entries[0]; entry !== undefined; entry = entries[0]) this.#expire(entry, now);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots.keys()) next = Math.min(next, slot);
    if (next < this.#armedSlot) this.#arm(next);
  }

  #excuse(stalledMs: number): void {
    for (const { entries } of this.#slots.values()) {
      for (const entry of entries) entry.excuseStall(stalledMs);
    }
  }

  #expire(entry: Timed, now: number): void {
    this.unwatch(entry);
    if (entry.deadline() <= now) entry.handleDeadline(now);
    this.watch(entry);
  }
}

/** How exact deadlines are: they come up to this much late. */
const slotMs = 50;
/** A timer that is late by more than this means that the process stood still. */
const stallMs = 500;
