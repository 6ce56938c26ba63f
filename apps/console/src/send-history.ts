/** What was sent from the text field, oldest first, and where in it the person is. */
export interface SendHistory {
  readonly entries: readonly string[];
  /** An index into `entries`; its length means the draft. */
  readonly cursor: number;
  /** What was in the field before the person went back. */
  readonly draft: string;
}

/** Adds what was sent; the same text twice in a row is kept once. */
export function rememberSent(history: SendHistory, text: string): SendHistory {
  const isRepeat = history.entries.at(-1) === text;
  const entries = isRepeat ? history.entries : [...history.entries, text].slice(-MAX_ENTRIES);
  return { entries, cursor: entries.length, draft: '' };
}

/** One step to older entries; `text` is what the field holds now. */
export function stepBack(history: SendHistory, text: string): SendHistory {
  const draft = history.cursor === history.entries.length ? text : history.draft;
  return { ...history, cursor: Math.max(0, history.cursor - 1), draft };
}

/** One step to newer entries, in the end to the draft. */
export function stepForward(history: SendHistory): SendHistory {
  return { ...history, cursor: Math.min(history.entries.length, history.cursor + 1) };
}

/** What the field shows at the cursor. */
export function textAtCursor(history: SendHistory): string {
  return history.entries[history.cursor] ?? history.draft;
}

const MAX_ENTRIES = 50;
export const EMPTY_HISTORY: SendHistory = { entries: [], cursor: 0, draft: '' };
