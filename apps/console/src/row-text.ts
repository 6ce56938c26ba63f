import { closeLine } from './close-words.js';
import type { LogRow } from './frame-log.js';
import { formatHex } from './hex.js';
import { formatMs, formatTime } from './quantity.js';

/** Rows as text, one line each and tab-separated: time, direction, opcode, bytes, round trip, payload. */
export function rowsAsText(rows: readonly LogRow[]): string {
  return rows.map(rowAsText).join('\n');
}

/** What copying one row's payload gives: the text itself, bytes as hex, or the line of the log. */
export function payloadAsText(row: LogRow): string {
  if (row.type === 'note') return row.words;
  if (row.type === 'close') return closeLine(row.code, row.reason);
  return typeof row.payload === 'string' ? row.payload : formatHex(row.payload);
}

/** The opcode of a row's frame in words and as the RFC writes it (RFC 6455 §11.8). */
export function opcodeOf(row: LogRow): { readonly name: string; readonly number: string } | undefined {
  if (row.type === 'note') return undefined;
  if (row.type === 'close') return { name: 'close', number: '0x8' };
  return typeof row.payload === 'string'
    ? { name: 'text', number: '0x1' }
    : { name: 'binary', number: '0x2' };
}

function rowAsText(row: LogRow): string {
  const time = formatTime(row.timeMs);
  if (row.type === 'note') return `${time}\t·\t\t\t\t${row.words}`;
  const arrow = row.direction === 'sent' ? '↑' : '↓';
  const trip = row.type === 'message' && row.roundTripMs !== undefined ? formatMs(row.roundTripMs) : '';
  const payload = payloadAsText(row).replace(/\r?\n/g, '\\n').replace(/\t/g, '\\t');
  return [time, arrow, opcodeOf(row)?.name, `${row.bytes} B`, trip, payload].join('\t');
}
