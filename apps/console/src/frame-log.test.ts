import { describe, expect, test } from 'vitest';

import {
  appendBounded,
  appendRows,
  type BoundedRows,
  clearLog,
  EMPTY_LOG,
  FRAME_LIMITS,
  forgetCleared,
  type LogRow,
  PROBE_LIMITS,
  shownRows,
  undoClear,
} from './frame-log.js';

const LIMITS = { maxRows: 4, maxBytes: 10 };
const row = (id: number, bytes = 1, isProbe = false): LogRow => ({
  type: 'message',
  id,
  timeMs: id,
  direction: 'sent',
  payload: 'x'.repeat(bytes),
  bytes,
  roundTripMs: undefined,
  isProbe,
});
const rows = (count: number, first = 1, isProbe = false) =>
  Array.from({ length: count }, (_, at) => row(first + at, 1, isProbe));
const ids = (kept: readonly LogRow[]) => kept.map(({ id }) => id);
const none: BoundedRows = { rows: [], bytes: 0, dropped: 0 };

describe('a bounded list', () => {
  test('keeps the newest rows and counts those it dropped', () => {
    const kept = appendBounded(appendBounded(none, rows(3), LIMITS), rows(3, 4), LIMITS);
    expect(ids(kept.rows)).toEqual([3, 4, 5, 6]);
    expect(kept).toMatchObject({ bytes: 4, dropped: 2 });
  });

  test('drops old rows for bytes too', () => {
    const kept = appendBounded(appendBounded(none, rows(2), LIMITS), [row(3, 9)], LIMITS);
    expect(ids(kept.rows)).toEqual([2, 3]);
    expect(kept).toMatchObject({ bytes: 10, dropped: 1 });
  });

  test('keeps the newest row even when it alone passes the limit', () => {
    const kept = appendBounded(appendBounded(none, rows(2), LIMITS), [row(3, 50)], LIMITS);
    expect(ids(kept.rows)).toEqual([3]);
    expect(kept).toMatchObject({ bytes: 50, dropped: 2 });
  });

  test('takes more at once than it holds', () => {
    const kept = appendBounded(none, rows(100), LIMITS);
    expect(ids(kept.rows)).toEqual([97, 98, 99, 100]);
    expect(kept.dropped).toBe(96);
  });
});

describe('the log', () => {
  test('does not let probes push frames out', () => {
    const log = appendRows(appendRows(EMPTY_LOG, rows(2)), rows(5_000, 3, true));
    expect(ids(shownRows(log, false))).toEqual([1, 2]);
    expect(log.probes.rows).toHaveLength(PROBE_LIMITS.maxRows);
    expect(log.frames.dropped).toBe(0);
  });

  test('shows frames and probes in the order they happened', () => {
    const log = appendRows(EMPTY_LOG, [row(1), row(2, 1, true), row(3), row(4, 1, true)]);
    expect(ids(shownRows(log, true))).toEqual([1, 2, 3, 4]);
  });

  test('comes back after clear and undo, with what came since', () => {
    const cleared = appendRows(clearLog(appendRows(EMPTY_LOG, rows(2))), rows(2, 3));
    expect(ids(cleared.frames.rows)).toEqual([3, 4]);
    const restored = undoClear(cleared);
    expect(ids(restored.frames.rows)).toEqual([1, 2, 3, 4]);
    expect(restored.cleared).toBeUndefined();
  });

  test('stays bounded after undo and still knows all it dropped', () => {
    const full = appendRows(EMPTY_LOG, rows(FRAME_LIMITS.maxRows + 5));
    const since = appendRows(clearLog(full), rows(FRAME_LIMITS.maxRows + 7, 10_000));
    const restored = undoClear(since);
    expect(restored.frames.rows).toHaveLength(FRAME_LIMITS.maxRows);
    expect(restored.frames.dropped).toBe(5 + 7 + FRAME_LIMITS.maxRows);
  });

  test('keeps what can be undone when an empty log is cleared again', () => {
    const cleared = clearLog(clearLog(appendRows(EMPTY_LOG, rows(2))));
    expect(ids(undoClear(cleared).frames.rows)).toEqual([1, 2]);
  });

  test('has nothing to undo once the cleared rows are forgotten', () => {
    const forgotten = forgetCleared(clearLog(appendRows(EMPTY_LOG, rows(2))));
    expect(undoClear(forgotten).frames.rows).toEqual([]);
  });
});
