import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { LogRow } from './frame-log.js';
import { type ListShape, rowAt, rowTop } from './visible-range.js';

export interface Follow {
  readonly scrollPx: number;
  readonly viewportPx: number;
  /** Whether the end stays in view as rows arrive. */
  readonly isFollowing: boolean;
  /** How many rows came since the end was last in view. */
  readonly unseen: number;
  readonly jumpToEnd: () => void;
  readonly hold: () => void;
  /** Scrolls no more than it takes to show a row, or its top when it is taller than the view. */
  readonly reveal: (index: number, heightPx: number) => void;
}

/**
 * Keeps a scrolled list where the reader wants it: at its end while it is at its end, and otherwise on the very row
 * that is at the top now, whatever is added below or dropped above.
 */
export function useFollow(
  box: RefObject<HTMLElement | null>,
  shape: ListShape,
  rows: readonly LogRow[],
): Follow {
  const [scrollPx, setScrollPx] = useState(0);
  const viewportPx = useViewportHeight(box);
  const [isFollowing, setIsFollowing] = useState(true);
  const anchor = useRef({ id: 0, offsetPx: 0 });
  const lastSeenId = useRef(0);
  const lastScrollPx = useRef(0);
  if (isFollowing) lastSeenId.current = rows.at(-1)?.id ?? 0;

  const handleScroll = () => {
    const element = box.current;
    if (element === null) return;
    const top = element.scrollTop;
    if (isAtEnd(element)) setIsFollowing(true);
    else if (top < lastScrollPx.current - 1) setIsFollowing(false);
    lastScrollPx.current = top;
    const index = rowAt(shape, top);
    anchor.current = { id: rows[index]?.id ?? 0, offsetPx: top - rowTop(shape, index) };
    setScrollPx(top);
  };

  const reveal = (index: number, heightPx: number) => {
    const element = box.current;
    if (element === null) return;
    const top = rowTop(shape, index);
    const lowest = Math.min(top, Math.max(element.scrollTop, top + heightPx - element.clientHeight));
    element.scrollTop = lowest;
    handleScroll();
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (isFollowing) element.scrollTop = element.scrollHeight;
    else {
      const index = indexAtOrAfter(rows, anchor.current.id);
      element.scrollTop = rowTop(shape, index) + anchor.current.offsetPx;
    }
    if (element.scrollHeight <= element.clientHeight && shape.expandedIndex < 0) setIsFollowing(true);
    lastScrollPx.current = element.scrollTop;
    setScrollPx(element.scrollTop);
  }, [box, rows, shape.count, shape.rowPx, shape.expandedIndex, shape.expandedPx, isFollowing, viewportPx]);

  useScrollListener(box, handleScroll);

  return {
    scrollPx,
    viewportPx,
    isFollowing,
    unseen: isFollowing ? 0 : rows.length - indexAtOrAfter(rows, lastSeenId.current + 1),
    jumpToEnd: () => setIsFollowing(true),
    hold: () => setIsFollowing(false),
    reveal,
  };
}

function useViewportHeight(box: RefObject<HTMLElement | null>): number {
  const [viewportPx, setViewportPx] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const resizes = new ResizeObserver(() => setViewportPx(element.clientHeight));
    resizes.observe(element);
    return () => resizes.disconnect();
  }, [box]);
  return viewportPx;
}

function useScrollListener(box: RefObject<HTMLElement | null>, handleScroll: () => void): void {
  const latest = useRef(handleScroll);
  latest.current = handleScroll;
  useEffect(() => {
    const element = box.current;
    const listener = () => latest.current();
    element?.addEventListener('scroll', listener, { passive: true });
    return () => element?.removeEventListener('scroll', listener);
  }, [box]);
}

/** The first row whose id is at least `id`; ids rise along the list. */
function indexAtOrAfter(rows: readonly LogRow[], id: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.id ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAtEnd(element: HTMLElement): boolean {
  return element.scrollTop + element.clientHeight >= element.scrollHeight - 4;
}
