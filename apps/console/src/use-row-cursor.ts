import { useState } from 'preact/hooks';

import type { LogRow } from './frame-log.js';
import type { Follow } from './use-follow.js';

export interface RowCursor {
  /** The row that Enter acts on. */
  readonly activeId: number | undefined;
  /** Makes a row active and, if it is a message, expands or folds it. */
  readonly toggle: (row: LogRow) => void;
  readonly handleKey: (event: KeyboardEvent) => void;
}

/** The one row whose payload is shown in full. */
interface Expansion {
  readonly id: number | undefined;
  readonly change: (id: number | undefined) => void;
}

/** The active row of the list, and the keys that move it. Whoever moves it stops following the end. */
export function useRowCursor(
  rows: readonly LogRow[],
  rowPx: number,
  expansion: Expansion,
  follow: Follow,
): RowCursor {
  const [activeId, setActiveId] = useState<number>();

  const toggle = (row: LogRow) => {
    setActiveId(row.id);
    if (row.type !== 'message') return;
    if (row.id !== expansion.id) follow.hold();
    expansion.change(row.id === expansion.id ? undefined : row.id);
  };
  const activate = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    follow.hold();
    setActiveId(row.id);
    follow.reveal(rows.indexOf(row), rowPx);
  };
  const handleKey = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const index = rows.findIndex((row) => row.id === activeId);
    const next = nextIndex(event.key, index, rows.length);
    const row = rows[index];
    if (next !== undefined) activate(next);
    else if (event.key === 'Escape') expansion.change(undefined);
    else if ((event.key === 'Enter' || event.key === ' ') && row !== undefined) toggle(row);
    else return;
    event.preventDefault();
  };
  return { activeId, toggle, handleKey };
}

function nextIndex(key: string, index: number, count: number): number | undefined {
  if (key === 'ArrowUp') return index < 0 ? count - 1 : index - 1;
  if (key === 'ArrowDown') return index < 0 ? count - 1 : index + 1;
  if (key === 'PageUp') return index - PAGE_ROWS;
  if (key === 'PageDown') return index + PAGE_ROWS;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
}

const PAGE_ROWS = 10;
