import { Buffer } from 'node:buffer';

import type { Position } from '../../hub/position.js';
import { type PayloadFormat, Publication, type PublicationDraft } from '../../hub/publication.js';

/**
 * A draft as it lies in a stream: one byte for version and format, one that says what is there, then id, publisher, key and
 * headers (JSON), each behind its length in four bytes, then the payload.
 */
export function encodeDraft(draft: PublicationDraft): Buffer {
  const { id, publisher, key, headers, payload } = draft;
  const headerText = hasNames(headers) ? JSON.stringify(headers) : null;
  const texts = [id, publisher, key, headerText];
  let length = 2 + payload.byteLength;
  let parts = 0;
  for (const [i, text] of texts.entries()) {
    if (text === null) continue;
    parts |= 1 << i;
    length += 4 + Buffer.byteLength(text);
  }
  const frame = Buffer.allocUnsafe(length);
  frame[0] = (version << 4) | formats.indexOf(draft.format);
  frame[1] = parts;
  let at = 2;
  for (const text of texts) {
    if (text === null) continue;
    const written = frame.write(text, at + 4);
    frame.writeUInt32BE(written, at);
    at += 4 + written;
  }
  frame.set(payload, at);
  return frame;
}

/** Where and when it was published, and the draft; null when that is no draft. */
export function decodeDraft(
  topic: string,
  frame: Buffer,
  position: Position | null,
  publishedAt: number,
): Publication | null {
  const format = formats[(frame[0] ?? 0) & 0x0f];
  if (frame.length < 2 || (frame[0] as number) >> 4 !== version || format === undefined) return null;
  const texts: (string | null)[] = [];
  let at = 2;
  for (let i = 0; i < 4; i++) {
    if (((frame[1] as number) & (1 << i)) === 0) {
      texts.push(null);
      continue;
    }
    if (at + 4 > frame.length) return null;
    const end = at + 4 + frame.readUInt32BE(at);
    if (end > frame.length) return null;
    texts.push(frame.toString('utf8', at + 4, end));
    at = end;
  }
  const [id = null, publisher = null, key = null, headerText = null] = texts;
  const headers = headerText === null ? noHeaders : parseHeaders(headerText);
  if (id === null || headers === null) return null;
  const payload = own(frame.subarray(at));
  return new Publication({ topic, format, payload, headers, publisher, id, key }, position, publishedAt);
}

/**
 * A draft as a channel carries it, behind offset, time and epoch: what the publishing script makes of it.
 *
 * @param knownEpoch what the epoch is likely to be: when it is, publications share the string, which is then compared at a glance
 */
export function decodeMessage(topic: string, message: Buffer, knownEpoch = ''): Publication | null {
  if (message.length < messageHead) return null;
  const offset = message.readUIntBE(0, 6);
  const publishedAt = message.readUIntBE(6, 6);
  const start = messageHead + (message[12] as number);
  const text = message.toString('latin1', messageHead, start);
  const epoch = text === knownEpoch ? knownEpoch : text;
  return decodeDraft(topic, message.subarray(start), epoch === '' ? null : { offset, epoch }, publishedAt);
}

/** Splits what comes to those who follow patterns: the topic's channel behind its length in two bytes, and the message. */
export function splitCopy(copy: Buffer): { readonly channel: string; readonly message: Buffer } | null {
  if (copy.length < 2) return null;
  const start = 2 + copy.readUInt16BE(0);
  if (start > copy.length) return null;
  return { channel: copy.toString('utf8', 2, start), message: copy.subarray(start) };
}

/** A payload that may be kept for long must not keep the chunk that it came in. */
function own(bytes: Buffer): Uint8Array {
  return bytes.byteLength * 2 >= bytes.buffer.byteLength ? bytes : Buffer.from(bytes);
}

function parseHeaders(text: string): Readonly<Record<string, string>> | null {
  try {
    const headers: unknown = JSON.parse(text);
    return typeof headers === 'object' ? (headers as Record<string, string> | null) : null;
  } catch {
    return null;
  }
}

function hasNames(headers: Readonly<Record<string, string>>): boolean {
  for (const _ in headers) return true;
  return false;
}

const version = 1;
const formats: readonly PayloadFormat[] = ['json', 'text', 'binary'];
const messageHead = 13;
const noHeaders: Readonly<Record<string, string>> = Object.freeze({});
