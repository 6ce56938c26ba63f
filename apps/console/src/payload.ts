import { formatHex } from './hex.js';

/** What a message carries: text, or bytes. */
export type Payload = string | Uint8Array<ArrayBuffer>;

/** How many bytes the payload takes in a frame. */
export function payloadBytes(payload: Payload): number {
  return typeof payload === 'string' ? utf8Bytes(payload) : payload.length;
}

/** The length of `text` in UTF-8, counted without encoding it; a lone surrogate counts as U+FFFD, three bytes. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (isPairAt(text, index)) {
      bytes += 4;
      index += 1;
    } else bytes += 3;
  }
  return bytes;
}

/** One line for the log: line breaks become ⏎, other control characters their pictures, bytes become hex. */
export function previewPayload(payload: Payload): string {
  if (typeof payload !== 'string') return formatHex(payload, PREVIEW_BYTES);
  const line = payload
    .slice(0, PREVIEW_CHARACTERS)
    .replace(/\r?\n/g, '⏎')
    .replace(CONTROL, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)));
  return payload.length > PREVIEW_CHARACTERS ? `${line}…` : line;
}

/** The text with the indentation of JSON, or undefined when it is not a JSON object or array. */
export function prettyJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text) || text.length > MAX_JSON_CHARACTERS) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return undefined;
  }
}

/** Whether two payloads are the same message: same type, same content. */
export function isSamePayload(one: Payload, other: Payload): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) {
    if (one[index] !== other[index]) return false;
  }
  return true;
}

function isPairAt(text: string, index: number): boolean {
  const low = text.charCodeAt(index + 1);
  return (text.charCodeAt(index) & 0xfc00) === 0xd800 && (low & 0xfc00) === 0xdc00;
}

const PREVIEW_BYTES = 64;
const PREVIEW_CHARACTERS = 240;
const MAX_JSON_CHARACTERS = 1_000_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being replaced
const CONTROL = /[\u0000-\u001f]/g;
