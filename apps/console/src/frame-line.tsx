import type { JSX } from 'preact';

import { closeLine } from './close-words.js';
import type { LogRow } from './frame-log.js';
import { previewPayload } from './payload.js';
import { formatBytes, formatMs, formatTime } from './quantity.js';
import { opcodeOf } from './row-text.js';

interface Props {
  readonly row: LogRow;
  readonly index: number;
  readonly topPx: number;
  readonly isActive: boolean;
  readonly isExpanded: boolean;
  readonly onToggle: (row: LogRow) => void;
}

/** One row of the log. Its keyboard is the list's: the list has the focus and points here. */
export function FrameLine(props: Props): JSX.Element {
  const { row, isActive, isExpanded } = props;
  const opcode = opcodeOf(row);
  return (
    <tr
      class="row"
      id={`row-${row.id}`}
      aria-rowindex={props.index + 2}
      aria-selected={isActive}
      aria-expanded={row.type === 'message' ? isExpanded : undefined}
      data-kind={rowKind(row)}
      style={{ transform: `translateY(${props.topPx}px)` }}
      onClick={() => props.onToggle(row)}
    >
      <td class="cell-time">{formatTime(row.timeMs)}</td>
      <td class="cell-direction">{direction(row)}</td>
      <td class="cell-opcode">
        {opcode?.name} <span class="cell-number">{opcode?.number}</span>
      </td>
      <td class="cell-size" title={row.type === 'note' ? undefined : `${row.bytes} bytes`}>
        {row.type === 'note' ? '' : formatBytes(row.bytes)}
      </td>
      <td class="cell-trip">{tripText(row)}</td>
      <td class="cell-payload">{payloadLine(row)}</td>
    </tr>
  );
}

function direction(row: LogRow): JSX.Element {
  if (row.type === 'note') return <span class="faint">·</span>;
  return (
    <span class="arrow" role="img" aria-label={row.direction}>
      {row.direction === 'sent' ? '↑' : '↓'}
    </span>
  );
}

function tripText(row: LogRow): string {
  return row.type === 'message' && row.roundTripMs !== undefined ? formatMs(row.roundTripMs) : '';
}

function payloadLine(row: LogRow): JSX.Element | string {
  if (row.type === 'note') return row.words;
  if (row.type === 'close') return closeLine(row.code, row.reason);
  return row.bytes === 0 ? <span class="faint">empty</span> : previewPayload(row.payload);
}

function rowKind(row: LogRow): string {
  if (row.type === 'note') return row.isFault ? 'fault' : 'note';
  if (row.type === 'close') return 'close';
  return row.isProbe ? 'probe' : row.direction;
}
