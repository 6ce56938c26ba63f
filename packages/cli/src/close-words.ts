import { type CloseRecord, describeCloseCode } from 'ieum';

import { describeSystemError } from './system-error.js';
import { visible } from './visible-text.js';

/** How a connection ended, in one line: who was first, with which code, and why. Safe for a terminal. */
export function describeClose(record: CloseRecord): string {
  return visible(record.wasClean ? describeHandshake(record) : describeLoss(record));
}

function describeHandshake({ first, received, sent }: CloseRecord): string {
  const theirs = received === null ? '' : closeWords(received.code, received.reason);
  const ours = sent === null ? '' : closeWords(sent.code, sent.reason);
  if (first === 'received') return `the server closed first: ${theirs}`;
  return ours === theirs ? `closed by us: ${ours}` : `closed by us: ${ours}; the server answered ${theirs}`;
}

function describeLoss(record: CloseRecord): string {
  const { cause, sent } = record;
  const told = sent === null ? '' : `; we sent ${closeWords(sent.code, sent.reason)}`;
  switch (cause.type) {
    case 'violation':
      return `the server broke the protocol: ${cause.violation.reason} (${cause.violation.clause})${told}`;
    case 'timeout':
      return `given up, ${silences[cause.deadline]}: ${lost}`;
    case 'transport':
      return `the connection failed, ${describeSystemError(cause.error)}: ${lost}`;
    case 'terminated':
      return `given up without waiting for the server: ${lost}`;
    default:
      return `the server ended the connection without a Close frame: ${lost}${told}`;
  }
}

function closeWords(code: number, reason: string): string {
  const words = `${code} ${describeCloseCode(code)}`;
  return reason === '' ? words : `${words}, "${reason}"`;
}

const lost = `1006 ${describeCloseCode(1006)}`;
const silences = {
  keepalive: 'the server was silent and did not answer a Ping',
  'closing-handshake': 'the server did not answer our Close frame',
  send: 'the server did not read what we sent',
} as const;
