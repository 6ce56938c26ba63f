import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { FrameDetail } from './frame-detail.js';
import { FrameLine } from './frame-line.js';
import type { LogRow } from './frame-log.js';
import { formatNumberOf } from './quantity.js';
import { detailHeight } from './row-views.js';
import { type Follow, useFollow } from './use-follow.js';
import { type RowCursor, useRowCursor } from './use-row-cursor.js';
import { useRowHeight } from './use-row-height.js';
import { type ListShape, listHeight, rowTop, visibleRange } from './visible-range.js';

interface Props {
  readonly rows: readonly LogRow[];
  /** Shown in the middle of a list that has next to nothing to show. */
  readonly hint: string | undefined;
}

/** The rows, of which only those in view are in the document. Arrow keys move, Enter expands. */
export function FrameList({ rows, hint }: Props): JSX.Element {
  const box = useRef<HTMLTableSectionElement>(null);
  const [expandedId, setExpandedId] = useState<number>();
  const rowPx = useRowHeight();
  const shape = useShape(rows, rowPx, expandedId);
  const follow = useFollow(box, shape, rows);
  const cursor = useRowCursor(rows, rowPx, { id: expandedId, change: setExpandedId }, follow);

  useLayoutEffect(() => {
    if (shape.expandedIndex >= 0) follow.reveal(shape.expandedIndex, rowPx + shape.expandedPx);
  }, [expandedId]);

  return (
    <div class="grid">
      <table
        class="frame-table"
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose rows are operable is a grid
        role="grid"
        aria-label="Frames, oldest first"
        aria-rowcount={rows.length + 1}
        aria-activedescendant={cursor.activeId === undefined ? undefined : `row-${cursor.activeId}`}
        tabIndex={0}
        onKeyDown={cursor.handleKey}
      >
        <ColumnHeads />
        <tbody class="rows" ref={box} style={{ '--length': `${listHeight(shape)}px` }}>
          <RowsInView rows={rows} shape={shape} follow={follow} cursor={cursor} />
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

interface InViewProps {
  readonly rows: readonly LogRow[];
  readonly shape: ListShape;
  readonly follow: Follow;
  readonly cursor: RowCursor;
}

function RowsInView({ rows, shape, follow, cursor }: InViewProps): JSX.Element {
  const { expandedIndex } = shape;
  const { start, end } = visibleRange(shape, follow.scrollPx, follow.viewportPx);
  const expanded = rows[expandedIndex];
  return (
    <>
      {rows.slice(start, end).map((row, at) => (
        <FrameLine
          key={row.id}
          row={row}
          index={start + at}
          topPx={rowTop(shape, start + at)}
          isActive={row.id === cursor.activeId}
          isExpanded={start + at === expandedIndex}
          onToggle={cursor.toggle}
        />
      ))}
      {expanded?.type === 'message' && expandedIndex >= start && expandedIndex < end && (
        <FrameDetail
          key={`detail-${expanded.id}`}
          row={expanded}
          topPx={rowTop(shape, expandedIndex) + shape.rowPx}
          heightPx={shape.expandedPx}
        />
      )}
    </>
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
