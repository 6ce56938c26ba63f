import { HubError } from '../hub-error.js';
import type { PayloadFormat } from '../publication.js';

/** What a publication carries. */
export interface Content {
  readonly format: PayloadFormat;
  /** JSON and text in UTF-8; what is said to be JSON must be JSON. Must not change any more. */
  readonly payload: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Makes content of a value: of a string text, of bytes a binary payload, of anything else JSON.
 *
 * @throws HubError `ERR_HUB_INVALID_DATA` when JSON cannot hold it
 */
export function contentOf(data: unknown): Content {
  if (typeof data === 'string') return { format: 'text', payload: encoder.encode(data) };
  if (data instanceof Uint8Array) return { format: 'binary', payload: data };
  if (data instanceof ArrayBuffer) return { format: 'binary', payload: new Uint8Array(data) };
  if (ArrayBuffer.isView(data)) {
    return { format: 'binary', payload: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  }
  return jsonContent(data);
}

/** A value as JSON. @throws HubError `ERR_HUB_INVALID_DATA` */
export function jsonContent(data: unknown): Content {
  return { format: 'json', payload: encoder.encode(stringify(data)) };
}

/** The value that content stands for: what `contentOf` would make it of. @throws HubError `ERR_HUB_INVALID_DATA` */
export function contentValue({ format, payload }: Content): unknown {
  if (format === 'binary') return payload;
  const text = decoder.decode(payload);
  if (format === 'text') return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HubError('ERR_HUB_INVALID_DATA', 'this is not JSON', { cause });
  }
}

/** The headers, which nobody can change afterwards. @throws HubError `ERR_HUB_INVALID_HEADER` for too many or too large ones */
export function checkHeaders(
  headers: Readonly<Record<string, string>> = noHeaders,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers);
  let length = 0;
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw badHeader('values are strings');
    length += name.length + value.length;
  }
  if (entries.length > maxHeaders) throw badHeader(`there are more than ${maxHeaders}`);
  if (length > maxHeaderLength) throw badHeader(`they have more than ${maxHeaderLength} characters`);
  return entries.length === 0 ? noHeaders : { ...headers };
}

/** @throws HubError `ERR_HUB_INVALID_KEY` */
export function checkKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  if (typeof key === 'string' && key !== '' && key.length <= maxKeyLength) return key;
  throw new HubError('ERR_HUB_INVALID_KEY', `a key is a string of 1 to ${maxKeyLength} characters`);
}

function stringify(data: unknown): string {
  try {
    const text: string | undefined = JSON.stringify(data);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new HubError('ERR_HUB_INVALID_DATA', 'JSON cannot hold this', { cause });
  }
  throw new HubError('ERR_HUB_INVALID_DATA', `JSON cannot hold a value of type ${typeof data}`);
}

function badHeader(problem: string): HubError {
  return new HubError('ERR_HUB_INVALID_HEADER', `these headers cannot be published: ${problem}`);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const noHeaders: Readonly<Record<string, string>> = Object.freeze({});
const maxHeaders = 32;
const maxHeaderLength = 4_096;
const maxKeyLength = 128;
