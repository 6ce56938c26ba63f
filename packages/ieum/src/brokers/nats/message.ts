import { Buffer } from 'node:buffer';

import { headers, type MsgHdrs } from '@nats-io/transport-node';

import type { Position } from '../../hub/position.js';
import { type PayloadFormat, Publication, type PublicationDraft } from '../../hub/publication.js';

/** A message of a stream, as it was stored or as it came. */
export interface StreamMessage {
  readonly sequence: number;
  /** The one before it on its subject that was still kept then, 0 for none. Only where it came live. */
  readonly previous: number;
  readonly headers: MsgHdrs | undefined;
  readonly payload: Uint8Array;
  /** In milliseconds since 1970: by the server's clock, or ours when it came live. */
  readonly storedAt: number;
}

/** What goes beside the payload: one header in JSON, that has only ASCII and no control characters. */
export function headersOf(draft: PublicationDraft, now: number): MsgHdrs {
  const envelope: Envelope = {
    i: draft.id,
    f: draft.format,
    t: now,
    ...(draft.key !== null && { k: draft.key }),
    ...(draft.publisher !== null && { p: draft.publisher }),
    ...(Object.keys(draft.headers).length > 0 && { h: draft.headers }),
  };
  const head = headers();
  head.set(envelopeHeader, escapeJson(JSON.stringify(envelope)));
  return head;
}

/** By what a stream recognises a draft that it has: the key on its topic where there is one, else the id. */
export function messageIdOf(draft: PublicationDraft): string {
  if (draft.key === null) return `i.${base64(draft.id)}`;
  return `k.${base64(draft.topic)}.${base64(draft.key)}`;
}

/** What was published: also when somebody else wrote it to our subjects, in any way. */
export function publicationOf(topic: string, message: StreamMessage, position: Position | null): Publication {
  const envelope = readEnvelope(message.headers?.get(envelopeHeader));
  const draft: PublicationDraft = {
    topic,
    format: formatOf(envelope.f),
    payload: message.payload,
    headers: stringsOf(envelope.h),
    publisher: textOf(envelope.p),
    id: textOf(envelope.i) ?? `nats-${position?.epoch ?? 'volatile'}-${message.sequence}`,
    key: textOf(envelope.k),
  };
  return new Publication(draft, position, typeof envelope.t === 'number' ? envelope.t : message.storedAt);
}

/** Short names: they are in every message. */
interface Envelope {
  readonly i?: unknown;
  readonly f?: unknown;
  readonly t?: unknown;
  readonly k?: unknown;
  readonly p?: unknown;
  readonly h?: unknown;
}

function readEnvelope(text: string | undefined): Envelope {
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function formatOf(value: unknown): PayloadFormat {
  return value === 'json' || value === 'text' ? value : 'binary';
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function stringsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return noHeaders;
  return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === 'string'));
}

function escapeJson(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

const envelopeHeader = 'Ieum';
const noHeaders: Readonly<Record<string, string>> = Object.freeze({});
