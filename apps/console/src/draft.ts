import { parseHex } from './hex.js';
import { type Payload, utf8Bytes } from './payload.js';
import { formatBytes } from './quantity.js';
import type { StagedFile } from './use-file-drop.js';

/** How what is typed is read: as it stands, or as bytes in hex. */
export type DraftMode = 'text' | 'hex';

/** A message not sent yet. A file goes before what is typed. */
export interface Draft {
  readonly mode: DraftMode;
  readonly text: string;
  readonly file: StagedFile | undefined;
}

export type DraftVerdict =
  | { readonly type: 'payload'; readonly payload: Payload }
  | { readonly type: 'invalid'; readonly words: string };

/** What the draft is when sent, or what keeps it from being a message. */
export function readDraft({ mode, text, file }: Draft): DraftVerdict {
  if (file !== undefined) return { type: 'payload', payload: file.bytes };
  if (mode === 'text') return { type: 'payload', payload: text };
  const verdict = parseHex(text);
  return verdict.type === 'bytes' ? { type: 'payload', payload: verdict.bytes } : verdict;
}

/** The opcode and size that the draft has when sent. */
export function draftSize({ mode, text, file }: Draft): string {
  if (file !== undefined) return `binary 0x2 · ${formatBytes(file.bytes.length)}`;
  if (mode === 'text') return `text 0x1 · ${formatBytes(utf8Bytes(text))}`;
  const verdict = parseHex(text);
  return verdict.type === 'bytes'
    ? `binary 0x2 · ${formatBytes(verdict.bytes.length)}`
    : 'binary 0x2 · not yet hex';
}
