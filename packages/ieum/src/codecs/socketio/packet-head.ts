import type { PacketLimits } from './packet.js';

/** The part of a packet in front of its JSON. */
export interface PacketHead {
  readonly type: 'head';
  readonly digit: number;
  /** Null for packets without; 0 is a count. */
  readonly attachments: number | null;
  readonly namespace: string;
  readonly id: number | null;
  /** What follows; empty for nothing. */
  readonly json: string;
}

/** Reads `<type>[<attachments>-][<namespace>,][<id>][<json>]`; a string says what is wrong. */
export function readHead(text: string, { maxAttachments }: PacketLimits): PacketHead | string {
  const digit = text.charCodeAt(0) - digitZero;
  if (!(digit >= 0 && digit <= 6)) return 'a packet begins with a digit from 0 to 6';
  let next = 1;
  let attachments: number | null = null;
  if (digit >= firstBinary) {
    const count = digitsAt(text, next);
    next += count.length + 1;
    if (count === '' || text[next - 1] !== '-') return 'a binary packet has a count of attachments';
    attachments = Number(count);
    if (attachments > maxAttachments) return `a packet has at most ${maxAttachments} attachments`;
  }
  const namespace = namespaceAt(text, next);
  if (namespace.length > maxNamespaceLength) return 'the name of the namespace is too long';
  if (text[next] === '/') next += namespace.length + 1;
  const id = digitsAt(text, next);
  if (id.length > maxIdDigits) return 'the id of the acknowledgement is too large';
  const json = text.slice(next + id.length);
  return { type: 'head', digit, attachments, namespace, id: id === '' ? null : Number(id), json };
}

function namespaceAt(text: string, start: number): string {
  if (text[start] !== '/') return '/';
  const end = text.indexOf(',', start);
  return text.slice(start, end === -1 ? text.length : end);
}

function digitsAt(text: string, start: number): string {
  let end = start;
  while (end - start <= maxIdDigits && isDigit(text.charCodeAt(end))) end++;
  return text.slice(start, end);
}

function isDigit(code: number): boolean {
  return code >= digitZero && code < digitZero + 10;
}

const digitZero = 48;
/** Of the types of packets that have attachments. */
const firstBinary = 5;
/** 10^15 is below 2^53. */
const maxIdDigits = 15;
const maxNamespaceLength = 256;
