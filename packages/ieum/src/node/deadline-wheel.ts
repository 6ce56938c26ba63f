import type { Clock } from '../channel/clock.js';

/** Something with a deadline that moves: mostly later, without telling. */
export interface Timed {
  /** Where the wheel keeps it; null when it is not watched. Only the wheel writes it. */
  slot: number | null;
  /** When `handleDeadline` has to be called; infinity for never. */
  deadline(): number;
  handleDeadline(now: number): void;
  /** The process stood still for so long; what the peer did not do in that time is not its fault. */
  excuseStall(stalledMs: number): void;
}

/**
 * Watches the deadlines of all connections with one timer. An entry stands in the slot where its deadline was when it
 * was last looked at; a deadline that moved later is found out when that slot comes up, so receiving costs nothing here.
 */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<Timed>>();
  #armedSlot = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | null = null;
  /** The first slot that did not come up yet. Whatever is due sooner waits for it. */
  #soonestSlot = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to watch `entry`, or takes note that its deadline may have moved to an earlier time. */
  watch(entry: Timed): void {
    const slot = Math.max(this.#soonestSlot, Math.ceil(entry.deadline() / slotMs));
    if (slot >= (entry.slot ?? Number.POSITIVE_INFINITY)) return;
    this.unwatch(entry);
    this.#place(entry, slot);
    if (slot < this.#armedSlot) this.#arm(slot);
  }

  unwatch(entry: Timed): void {
    const { slot } = entry;
    if (slot === null) return;
    entry.slot = null;
    const entries = this.#slots.get(slot);
    entries?.delete(entry);
    if (entries?.size === 0) this.#slots.delete(slot);
  }

  #place(entry: Timed, slot: number): void {
    entry.slot = slot;
    const entries = this.#slots.get(slot);
    if (entries === undefined) this.#slots.set(slot, new Set<Timed>().add(entry));
    else entries.add(entry);
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
    for (const [slot, entries] of this.#slots) {
      if (slot >= this.#soonestSlot) continue;
      for (const entry of entries) this.#expire(entry, now);
    }
    let next = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots.keys()) next = Math.min(next, slot);
    if (next < this.#armedSlot) this.#arm(next);
  }

  #excuse(stalledMs: number): void {
    for (const entries of this.#slots.values()) for (const entry of entries) entry.excuseStall(stalledMs);
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
