import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { FrameDetail } from './frame-detail.js';
import { FrameLine } from './frame-line.js';
import type { LogRow } from './frame-log.js';
import { formatNumberOf } from './quantity.js';
import { detailHeight } from './row-views.js';
import { useFollow } from './use-follow.js';
import { type ListShape, listHeight, rowTop, visibleRange } from './visible-range.js';

interface Props {
  readonly rows: readonly LogRow[];
  /** Shown in the middle of a list that has next to nothing to show. */
  readonly hint: string | undefined;
}

/** The rows, of which only those in view are in the document. Arrow keys move, Enter expands. */
export function FrameList({ rows, hint }: Props): JSX.Element {
  const box = useRef<HTMLTableSectionElement>(null);
  const [activeId, setActiveId] = useState<number>();
  const [expandedId, setExpandedId] = useState<number>();
  const rowPx = useRowHeight();
  const shape = useShape(rows, rowPx, expandedId);
  const follow = useFollow(box, shape, rows);
  const { start, end } = visibleRange(shape, follow.scrollPx, follow.viewportPx);

  const atExpanded = rows[shape.expandedIndex];
  const expanded = atExpanded?.type === 'message' ? atExpanded : undefined;

  useLayoutEffect(() => {
    if (shape.expandedIndex >= 0) follow.reveal(shape.expandedIndex, rowPx + shape.expandedPx);
  }, [expandedId]);

  const toggle = (row: LogRow) => {
    setActiveId(row.id);
    if (row.type !== 'message') return;
    if (row.id !== expandedId) follow.hold();
    setExpandedId(row.id === expandedId ? undefined : row.id);
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
    else if (event.key === 'Escape') setExpandedId(undefined);
    else if ((event.key === 'Enter' || event.key === ' ') && row !== undefined) toggle(row);
    else return;
    event.preventDefault();
  };

  return (
    <div class="grid">
      <table
        class="frame-table"
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose rows are operable is a grid
        role="grid"
        aria-label="Frames, oldest first"
        aria-rowcount={rows.length + 1}
        aria-activedescendant={activeId === undefined ? undefined : `row-${activeId}`}
        tabIndex={0}
        onKeyDown={handleKey}
      >
        <ColumnHeads />
        <tbody class="rows" ref={box} style={{ '--length': `${listHeight(shape)}px` }}>
          {rows.slice(start, end).map((row, at) => (
            <FrameLine
              key={row.id}
              row={row}
              index={start + at}
              topPx={rowTop(shape, start + at)}
              isActive={row.id === activeId}
              isExpanded={row.id === expandedId}
              onToggle={toggle}
            />
          ))}
          {expanded !== undefined && shape.expandedIndex >= start && shape.expandedIndex < end && (
            <FrameDetail
              key={`detail-${expanded.id}`}
              row={expanded}
              topPx={rowTop(shape, shape.expandedIndex) + rowPx}
              heightPx={shape.expandedPx}
            />
          )}
        </tbody>
      </table>
      {hint !== undefined && <p class="rows-hint">{hint}</p>}
      {!follow.isFollowing && (
        <button type="button" class="button small jump" onClick={follow.jumpToEnd}>
          ↓ {follow.unseen === 0 ? 'To the newest' : formatNumberOf(follow.unseen, 'new row')}
        </button>
      )}
    </div>
  );
}

function ColumnHeads(): JSX.Element {
  return (
    <thead>
      <tr class="column-heads">
        <th scope="col">Time</th>
        <th scope="col" aria-label="Direction" />
        <th scope="col">Opcode</th>
        <th scope="col" class="right">
          Size
        </th>
        <th scope="col" class="right">
          Round trip
        </th>
        <th scope="col">Payload</th>
      </tr>
    </thead>
  );
}

function useShape(rows: readonly LogRow[], rowPx: number, expandedId: number | undefined): ListShape {
  return useMemo(() => {
    const expandedIndex = expandedId === undefined ? -1 : rows.findIndex((row) => row.id === expandedId);
    const expanded = rows[expandedIndex];
    const expandedPx = expanded?.type === 'message' ? detailHeight(expanded.payload) : 0;
    return { count: rows.length, rowPx, expandedIndex, expandedPx };
  }, [rows, rowPx, expandedId]);
}

function useRowHeight(): number {
  const query = useMemo(() => matchMedia(NARROW_QUERY), []);
  const [isNarrow, setIsNarrow] = useState(query.matches);
  useEffect(() => {
    const listener = () => setIsNarrow(query.matches);
    query.addEventListener('change', listener);
    return () => query.removeEventListener('change', listener);
  }, [query]);
  return isNarrow ? NARROW_ROW_PX : WIDE_ROW_PX;
}

function nextIndex(key: string, index: number, count: number): number | undefined {
  if (key === 'ArrowUp') return index < 0 ? count - 1 : index - 1;
  if (key === 'ArrowDown') return index < 0 ? count - 1 : index + 1;
  if (key === 'PageUp') return index - PAGE_ROWS;
  if (key === 'PageDown') return index + PAGE_ROWS;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
}

const NARROW_QUERY = '(max-width: 640px)';
const WIDE_ROW_PX = 26;
const NARROW_ROW_PX = 44;
const PAGE_ROWS = 10;
