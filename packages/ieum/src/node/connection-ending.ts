import type { CloseRecord } from '../core/close-record.js';

/** What is left of a connection that is closed: messages to be handled, and a last bit of output to be written. */
export class ConnectionEnding {
  readonly record: CloseRecord;
  /** When that bit is given up; infinity before it is waited for. */
  destroyAt: number = Number.POSITIVE_INFINITY;
  /** Whether every message was handled. */
  isFinished = false;

  constructor(record: CloseRecord) {
    this.record = record;
  }

  /** Waits for the last bit of output from now on. */
  begin(now: number): void {
    this.destroyAt = now + lastWriteMs;
  }
}

/** How long a closed connection's last output may take to be written. */
const lastWriteMs = 5_000;
