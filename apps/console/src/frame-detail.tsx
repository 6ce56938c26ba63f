import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';

import { copyText } from './clipboard.js';
import type { MessageRow } from './frame-log.js';
import { CopyButton } from './log-toolbar.js';
import { payloadAsText } from './row-text.js';
import { type PayloadView, payloadViews, showPayload } from './row-views.js';

interface Props {
  readonly row: MessageRow;
  readonly topPx: number;
  readonly heightPx: number;
}

/** A payload in full: as indented JSON, as text, or as a hex dump. */
export function FrameDetail({ row, topPx, heightPx }: Props): JSX.Element {
  const views = useMemo(() => payloadViews(row.payload), [row]);
  const [view, setView] = useState<PayloadView>(views[0] ?? 'text');
  const shown = useMemo(() => showPayload(row.payload, view), [row, view]);
  return (
    <tr class="detail" style={{ height: `${heightPx}px`, transform: `translateY(${topPx}px)` }}>
      <td colSpan={6}>
        <div class="detail-head">
          <fieldset class="segments" aria-label="View">
            {views.map((name) => (
              <button key={name} type="button" aria-pressed={name === view} onClick={() => setView(name)}>
                {VIEW_NAMES[name]}
              </button>
            ))}
          </fieldset>
          <span class="note">{shown.note}</span>
          <CopyButton name="Copy" onCopy={() => copyText(payloadAsText(row))} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
        <pre class="detail-body" tabIndex={0} data-view={view}>
          {shown.text}
        </pre>
      </td>
    </tr>
  );
}

const VIEW_NAMES: Readonly<Record<PayloadView, string>> = { pretty: 'JSON', text: 'Text', hex: 'Hex' };
