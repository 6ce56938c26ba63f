import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import { copyText } from './clipboard.js';
import { FrameList } from './frame-list.js';
import { FRAME_LIMITS, type FrameLog, type LogRow, shownRows } from './frame-log.js';
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
      <FrameList rows={rows} hint={hint(rows, all.length, isOpen)} />
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
    const newer = everLogged(log) - everLogged(held);
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

function everLogged({ frames }: FrameLog): number {
  return frames.rows.length + frames.dropped;
}

/** What to say in a list that holds no message yet. */
function hint(rows: readonly LogRow[], all: number, isOpen: boolean): string | undefined {
  if (rows.length === 0 && all > 0) return 'No row matches the filter.';
  if (rows.length > MAX_HINT_ROWS || rows.some((row) => row.type !== 'note')) return undefined;
  return isOpen ? 'Connected. Type a message below and press Enter.' : 'Frames show here once connected.';
}

const MAX_HINT_ROWS = 4;
