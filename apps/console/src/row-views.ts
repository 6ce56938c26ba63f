import { hexDump } from './hex.js';
import { type Payload, prettyJson } from './payload.js';
import { formatBytes } from './quantity.js';

export type PayloadView = 'pretty' | 'text' | 'hex';

/** The ways a payload can be looked at, the most telling first. */
export function payloadViews(payload: Payload): readonly PayloadView[] {
  if (typeof payload !== 'string') return isUtf8(payload) ? ['hex', 'text'] : ['hex'];
  return prettyJson(payload) === undefined ? ['text', 'hex'] : ['pretty', 'text', 'hex'];
}

/** The payload in one of its views, cut where a browser would grow slow, with a note that says so. */
export function showPayload(
  payload: Payload,
  view: PayloadView,
): { readonly text: string; readonly note: string } {
  if (view === 'hex') {
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    return { text: hexDump(bytes, MAX_HEX_BYTES), note: cutNote(bytes.length, MAX_HEX_BYTES) };
  }
  const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
  const shown = view === 'pretty' ? (prettyJson(text) ?? text) : text;
  return { text: shown.slice(0, MAX_CHARACTERS), note: cutNote(shown.length, MAX_CHARACTERS) };
}

/** How tall the expanded part of a row is: enough for a short payload, a window onto a long one. */
export function detailHeight(payload: Payload): number {
  const view = payloadViews(payload)[0] ?? 'text';
  const { text } = showPayload(payload, view);
  let lines = 0;
  for (const line of text.slice(0, MAX_LINES * LINE_CHARACTERS).split('\n', MAX_LINES)) {
    lines += Math.max(1, Math.ceil(line.length / LINE_CHARACTERS));
  }
  return HEAD_PX + LINE_PX * Math.max(MIN_LINES, Math.min(MAX_LINES, lines));
}

function isUtf8(bytes: Uint8Array<ArrayBuffer>): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, MAX_CHARACTERS));
    return text !== '' && !text.includes('\u0000');
  } catch {
    return false;
  }
}

function cutNote(length: number, max: number): string {
  return length > max ? `first ${formatBytes(max)} of ${formatBytes(length)}; Copy takes all` : '';
}

const MAX_HEX_BYTES = 16 * 1024;
const MAX_CHARACTERS = 128 * 1024;
const LINE_CHARACTERS = 80;
const LINE_PX = 18;
const HEAD_PX = 58;
const MIN_LINES = 2;
const MAX_LINES = 14;
