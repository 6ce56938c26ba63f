/** A list of rows of one height, of which at most one is expanded and taller. */
export interface ListShape {
  readonly count: number;
  readonly rowPx: number;
  /** -1 when none is expanded. */
  readonly expandedIndex: number;
  /** What the expanded row has beyond `rowPx`. */
  readonly expandedPx: number;
}

export interface VisibleRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Which rows a viewport shows, with a few more on either side. */
export function visibleRange(shape: ListShape, scrollPx: number, viewportPx: number): VisibleRange {
  const start = Math.max(0, rowAt(shape, scrollPx) - OVERSCAN);
  const end = Math.min(shape.count, rowAt(shape, scrollPx + viewportPx) + 1 + OVERSCAN);
  return { start: Math.min(start, shape.count), end };
}

/** Where a row begins, from the top of the list. */
export function rowTop(shape: ListShape, index: number): number {
  const isBelow = shape.expandedIndex >= 0 && index > shape.expandedIndex;
  return index * shape.rowPx + (isBelow ? shape.expandedPx : 0);
}

export function listHeight(shape: ListShape): number {
  return rowTop(shape, shape.count);
}

/** The row that covers a distance from the top of the list. */
export function rowAt(shape: ListShape, px: number): number {
  const plain = Math.floor(px / shape.rowPx);
  if (shape.expandedIndex < 0 || plain <= shape.expandedIndex) return plain;
  return Math.max(shape.expandedIndex, Math.floor((px - shape.expandedPx) / shape.rowPx));
}

const OVERSCAN = 6;
