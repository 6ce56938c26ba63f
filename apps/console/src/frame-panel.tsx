import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import { copyText } from './clipboard.js';
import { FrameList } from './frame-list.js';
import { FRAME_LIMITS, type FrameLog, shownRows } from './frame-log.js';
import { LogToolbar } from './log-toolbar.js';
import { formatBytes, formatCount, formatNumberOf } from './quantity.js';
import { type FilterChoice, RowFilter } from './row-filter.js';
import { rowsAsText } from './row-text.js';
import type { Session } from './session.js';

interface Props {
  readonly log: FrameLog;
  readonly isOpen: boolean;
  readonly session: Session;
}

/** The log of frames with its toolbar. Pausing holds the view still; the log itself goes on. */
export function FramePanel({ log, isOpen, session }: Props): JSX.Element {
  const [choice, setChoice] = useState<FilterChoice>({ text: '', direction: 'both' });
  const [withProbes, setWithProbes] = useState(false);
  const [held, setHeld] = useState<FrameLog>();
  const filter = useMemo(() => new RowFilter(choice), [choice]);
  const seen = held ?? log;
  const all = useMemo(() => shownRows(seen, withProbes), [seen, withProbes]);
  const rows = useMemo(() => filter.apply(all), [filter, all]);

  const clear = () => {
    session.clearLog();
    setHeld(undefined);
  };
  return (
    <section class="panel frames" aria-label="Frames">
      <LogToolbar
        choice={choice}
        onChoose={setChoice}
        withProbes={withProbes}
        onProbes={setWithProbes}
        isPaused={held !== undefined}
        onPause={() => setHeld(held === undefined ? log : undefined)}
        onClear={clear}
        onCopy={() => copyText(rowsAsText(rows))}
      />
      <FrameList rows={rows} empty={emptyWords(all.length > 0, isOpen)} />
      <div class="log-foot">
        <span class="note">{footWords(log, held, rows.length, all.length)}</span>
        {log.cleared !== undefined && (
          <span class="undo">
            <span>{formatNumberOf(log.cleared.rows.length, 'row')} cleared</span>
            <button type="button" class="link" onClick={() => session.undoClear()}>
              Undo
            </button>
            <button
              type="button"
              class="link"
              aria-label="Forget what was cleared"
              onClick={() => session.forgetCleared()}
            >
              ✕
            </button>
          </span>
        )}
      </div>
    </section>
  );
}

function footWords(log: FrameLog, held: FrameLog | undefined, shown: number, all: number): string {
  if (held !== undefined) {
    const newer = newestId(log) - newestId(held);
    return newer === 0
      ? 'Paused: nothing new yet.'
      : `Paused: ${formatNumberOf(newer, 'newer row')} waiting.`;
  }
  const count =
    shown === all ? formatNumberOf(all, 'row') : `${formatCount(shown)} of ${formatNumberOf(all, 'row')}`;
  if (log.frames.dropped === 0) return count;
  const limit = `${formatCount(FRAME_LIMITS.maxRows)} newest or ${formatBytes(FRAME_LIMITS.maxBytes)} are kept`;
  return `${count} · ${formatCount(log.frames.dropped)} older dropped (${limit})`;
}

function newestId(log: FrameLog): number {
  return log.frames.rows.at(-1)?.id ?? 0;
}

function emptyWords(hasRows: boolean, isOpen: boolean): string {
  if (hasRows) return 'No row matches the filter.';
  return isOpen
    ? 'Connected. Type a message below and press Enter.'
    : 'Nothing yet. Frames show here once connected.';
}
