import { Buffer } from 'node:buffer';

import type { StompVersion } from './frame.js';
import { escapeHeader, escapeHeaderName } from './header-escape.js';

/** What is sent: headers in this order, `content-length` is added to a body. */
export interface OutgoingFrame {
  readonly command: string;
  readonly headers: Iterable<readonly [name: string, value: string]>;
  readonly body?: Uint8Array;
}

/** A frame as bytes, its NUL included. Whatever is in the headers stays in its line. */
export function encodeStompFrame(
  { command, headers, body = nothing }: OutgoingFrame,
  version: StompVersion,
): Buffer {
  const head = encodeHeaders(command, headers, version);
  return Buffer.concat([Buffer.from(`${command}\n${head}`, 'utf8'), encodeRest(body)]);
}

/** Header lines, without the command before and the empty line behind them. */
export function encodeHeaders(
  command: string,
  headers: OutgoingFrame['headers'],
  version: StompVersion,
): string {
  let lines = '';
  for (const [name, value] of headers) {
    lines += `${escapeHeaderName(name, command, version)}:${escapeHeader(value, command, version)}\n`;
  }
  return lines;
}

/** What stands behind the last header but `content-length`. */
export function encodeRest(body: Uint8Array): Buffer {
  if (body.byteLength === 0) return bare;
  return Buffer.concat([Buffer.from(`content-length:${body.byteLength}\n\n`, 'latin1'), body, end]);
}

const nothing = new Uint8Array(0);
const end = Buffer.from([0]);
const bare = Buffer.from('\n\0', 'latin1');
