import type { Payload } from './payload.js';

export type Direction = 'sent' | 'received';

/** One line of the log. `timeMs` is Unix time in milliseconds, with fractions. */
export type LogRow = MessageRow | CloseRow | NoteRow;

export interface MessageRow {
  readonly type: 'message';
  readonly id: number;
  readonly timeMs: number;
  readonly direction: Direction;
  readonly payload: Payload;
  readonly bytes: number;
  /** Since the same message was sent; only where an echo matched. */
  readonly roundTripMs: number | undefined;
  readonly isProbe: boolean;
}

export interface CloseRow {
  readonly type: 'close';
  readonly id: number;
  readonly timeMs: number;
  readonly direction: Direction;
  /** Undefined when the close frame had no body. */
  readonly code: number | undefined;
  readonly reason: string;
  readonly bytes: number;
}

export interface NoteRow {
  readonly type: 'note';
  readonly id: number;
  readonly timeMs: number;
  readonly words: string;
  readonly isFault: boolean;
}

/** Rows in the order they happened, the newest last, with the count of those that had to go. */
export interface BoundedRows {
  readonly rows: readonly LogRow[];
  readonly bytes: number;
  readonly dropped: number;
}

export interface RowLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Probes are kept apart so that hours of them do not push a person's messages out. */
export interface FrameLog {
  readonly frames: BoundedRows;
  readonly probes: BoundedRows;
  /** What the last clear took away, for undo. */
  readonly cleared: BoundedRows | undefined;
}

/** The log with `added` at its end and the oldest rows dropped where a limit is passed. */
export function appendRows(log: FrameLog, added: readonly LogRow[]): FrameLog {
  if (added.length === 0) return log;
  const probes = added.filter(isProbeRow);
  const frames = probes.length === 0 ? added : added.filter((row) => !isProbeRow(row));
  return {
    ...log,
    frames: appendBounded(log.frames, frames, FRAME_LIMITS),
    probes: appendBounded(log.probes, probes, PROBE_LIMITS),
  };
}

/** An empty log that remembers what it held. Clearing an empty log keeps what could be undone before. */
export function clearLog(log: FrameLog): FrameLog {
  if (log.frames.rows.length === 0) return { ...log, probes: EMPTY_ROWS };
  return { frames: EMPTY_ROWS, probes: EMPTY_ROWS, cleared: log.frames };
}

/** The log as if the last clear had not been, with what has come since. */
export function undoClear(log: FrameLog): FrameLog {
  if (log.cleared === undefined) return log;
  const restored = appendBounded(log.cleared, log.frames.rows, FRAME_LIMITS);
  const frames = { ...restored, dropped: restored.dropped + log.frames.dropped };
  return { ...log, frames, cleared: undefined };
}

/** What cannot be undone any more is let go. */
export function forgetCleared(log: FrameLog): FrameLog {
  return { ...log, cleared: undefined };
}

/** The rows to show: frames alone, or frames and probes in the order they happened. */
export function shownRows(log: FrameLog, withProbes: boolean): readonly LogRow[] {
  if (!withProbes || log.probes.rows.length === 0) return log.frames.rows;
  return [...log.frames.rows, ...log.probes.rows].sort((one, other) => one.id - other.id);
}

/** `bounded` with `added` at its end. The newest row always stays, however big. */
export function appendBounded(
  bounded: BoundedRows,
  added: readonly LogRow[],
  limits: RowLimits,
): BoundedRows {
  if (added.length === 0) return bounded;
  const all = [...bounded.rows, ...added];
  let bytes = added.reduce((sum, row) => sum + rowBytes(row), bounded.bytes);
  let start = 0;
  while (start < all.length - 1 && (all.length - start > limits.maxRows || bytes > limits.maxBytes)) {
    const oldest = all[start];
    bytes -= oldest === undefined ? 0 : rowBytes(oldest);
    start += 1;
  }
  return { rows: start === 0 ? all : all.slice(start), bytes, dropped: bounded.dropped + start };
}

export function isProbeRow(row: LogRow): boolean {
  return row.type === 'message' && row.isProbe;
}

function rowBytes(row: LogRow): number {
  return row.type === 'message' ? row.bytes : 0;
}

export const FRAME_LIMITS: RowLimits = { maxRows: 1_000, maxBytes: 32 * 1024 * 1024 };
export const PROBE_LIMITS: RowLimits = { maxRows: 200, maxBytes: 1024 * 1024 };
const EMPTY_ROWS: BoundedRows = { rows: [], bytes: 0, dropped: 0 };
export const EMPTY_LOG: FrameLog = { frames: EMPTY_ROWS, probes: EMPTY_ROWS, cleared: undefined };
