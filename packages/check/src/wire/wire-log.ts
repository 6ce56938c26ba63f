import { performance } from 'node:perf_hooks';

/** Something that happened on the wire, or that the tester has to say. */
export interface LogEntry {
  /** Milliseconds since the case began. */
  readonly atMs: number;
  readonly direction: 'sent' | 'received' | 'note';
  /** The frame, the head of HTTP, or what happened, in words. */
  readonly line: string;
  /** The first bytes. */
  readonly hex?: string;
  /** How many bytes there were. */
  readonly bytes?: number;
}

/** What went over the wire in a case. What goes beyond the limit is counted and not kept. */
export class WireLog {
  readonly #startedAt = performance.now();
  readonly #entries: LogEntry[] = [];
  #dropped = 0;

  sent(line: string, bytes: Uint8Array): void {
    this.#add('sent', line, bytes);
  }

  received(line: string, bytes: Uint8Array): void {
    this.#add('received', line, bytes);
  }

  note(line: string): void {
    this.#add('note', line);
  }

  get entries(): readonly LogEntry[] {
    if (this.#dropped === 0) return this.#entries;
    const atMs = this.#entries.at(-1)?.atMs ?? 0;
    return [...this.#entries, { atMs, direction: 'note', line: `and ${this.#dropped} entries more` }];
  }

  #add(direction: LogEntry['direction'], line: string, bytes?: Uint8Array): void {
    if (this.#entries.length >= maxEntries) {
      this.#dropped++;
      return;
    }
    const atMs = Math.round((performance.now() - this.#startedAt) * 10) / 10;
    const entry = { atMs, direction, line };
    this.#entries.push(bytes === undefined ? entry : { ...entry, hex: hexOf(bytes), bytes: bytes.length });
  }
}

function hexOf(bytes: Uint8Array): string {
  const head = bytes.subarray(0, maxHexBytes);
  const pairs = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return head.length < bytes.length ? `${pairs} …` : pairs;
}

const maxEntries = 120;
const maxHexBytes = 32;
