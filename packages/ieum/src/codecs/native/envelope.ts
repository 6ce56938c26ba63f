import type { Content, ContentFormat } from './content.js';
import { isRecord, own } from './fields.js';
import { memberText } from './member-text.js';

/** A message taken apart, its fields not looked at yet. */
export interface Envelope {
  readonly type: 'envelope';
  readonly fields: Readonly<Record<string, unknown>>;
  /** The text of a text message. */
  readonly text: string | null;
  /** What stands behind the fields in a binary message. */
  readonly payload: Uint8Array | null;
}

/** Something that is no message of this protocol. Only its sender is wrong: what comes next may be right. */
export interface EnvelopeViolation {
  readonly type: 'violation';
  /** Its id, as far as that could be read. */
  readonly id: number | null;
  /** What is wrong, for people. */
  readonly message: string;
}

/**
 * Takes a message apart. A text message is a JSON object; a binary one is the length of such an object in two bytes, the
 * object in UTF-8, and a payload. Never throws.
 */
export function openEnvelope(data: string | Uint8Array): Envelope | EnvelopeViolation {
  if (typeof data === 'string') return envelopeOf(data, data, null);
  if (data.byteLength < lengthBytes) return noEnvelope('a binary message begins with two bytes of length');
  const headEnd = lengthBytes + (((data[0] as number) << 8) | (data[1] as number));
  if (headEnd > data.byteLength) return noEnvelope('it is shorter than its first two bytes say');
  const head = decodeStrictly(data.subarray(lengthBytes, headEnd));
  if (head === null) return noEnvelope('its fields are not UTF-8');
  return envelopeOf(head, null, data.subarray(headEnd));
}

/**
 * Puts a message together; content in JSON goes into it as it is.
 *
 * @throws TypeError when JSON cannot hold the fields
 * @throws RangeError when the fields beside a binary payload have more than 65,535 bytes
 */
export function sealEnvelope(fields: object, content?: Content): string | Uint8Array<ArrayBuffer> {
  if (content === undefined) return JSON.stringify(fields);
  const { format, payload } = content;
  if (format === 'json') return withData(fields, decoder.decode(payload));
  if (format === 'text') return withData(fields, JSON.stringify(textDecoder.decode(payload)), textFormat);
  const head = encoder.encode(JSON.stringify(fields));
  if (head.byteLength > maxHeadBytes) {
    throw new RangeError(`${head.byteLength} bytes are too many beside a binary payload`);
  }
  const bytes = new Uint8Array(lengthBytes + head.byteLength + payload.byteLength);
  bytes[0] = head.byteLength >>> 8;
  bytes[1] = head.byteLength & 0xff;
  bytes.set(head, lengthBytes);
  bytes.set(payload, lengthBytes + head.byteLength);
  return bytes;
}

/** The content of a message, or what is wrong with it. */
export function contentOf({ fields, text, payload }: Envelope): Content | string {
  const format = (own(fields, 'format') ?? (payload === null ? 'json' : 'binary')) as ContentFormat;
  if (payload !== null) {
    if (format !== 'binary') return 'format is not binary';
    return Object.hasOwn(fields, 'data') ? 'it has data twice' : { format, payload };
  }
  const data = own(fields, 'data');
  if (data === undefined) return 'data is missing';
  if (format === 'json') return { format, payload: encoder.encode(memberText(text as string, 'data')) };
  if (format !== 'text') return 'format is not json or text';
  if (typeof data !== 'string' || loneSurrogate.test(data)) return 'data is no text';
  return { format, payload: encoder.encode(data) };
}

function envelopeOf(
  json: string,
  text: string | null,
  payload: Uint8Array | null,
): Envelope | EnvelopeViolation {
  let fields: unknown;
  try {
    fields = JSON.parse(json);
  } catch {
    return noEnvelope('it is not JSON');
  }
  return isRecord(fields) ? { type: 'envelope', fields, text, payload } : noEnvelope('it is no JSON object');
}

/** @param more fields in JSON, each behind a comma */
function withData(fields: object, data: string, more = ''): string {
  const head = JSON.stringify(fields);
  return `${head.slice(0, -1)}${more},"data":${data}}`;
}

function decodeStrictly(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

function noEnvelope(message: string): EnvelopeViolation {
  return { type: 'violation', id: null, message };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What a text begins with is part of it, whatever it is. */
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const loneSurrogate = /\p{Cs}/u;
const textFormat = ',"format":"text"';
const lengthBytes = 2;
const maxHeadBytes = 0xffff;
