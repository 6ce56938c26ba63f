import { isFieldValue, isToken } from './http-grammar.js';

/** A request line, taken apart (RFC 9112 §3). */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
  /** The digits: `1.1`. */
  readonly version: string;
}

/** A status line, taken apart (RFC 9112 §4). */
export interface StatusLine {
  /** The digits: `1.1`. */
  readonly version: string;
  readonly status: number;
  /** The reason phrase: often empty, never to be relied upon. */
  readonly reason: string;
}

/** Why a start line is not understood, and the status that says so to a client. */
export interface StartLineFault {
  readonly status: 400 | 505;
  readonly reason: string;
}

export type StartLineStep<Line> =
  | { readonly type: 'line'; readonly line: Line }
  | { readonly type: 'invalid'; readonly fault: StartLineFault };

/** Reads `method SP request-target SP HTTP-version`, with exactly these two spaces. */
export function parseRequestLine(text: string): StartLineStep<RequestLine> {
  const parts = text.split(' ');
  const [method, target, protocol] = parts;
  if (parts.length !== 3 || method === undefined || target === undefined || protocol === undefined) {
    return invalid(400, 'malformed request line');
  }
  if (!isToken(method) || !visible.test(target) || !httpVersion.test(protocol)) {
    return invalid(400, 'malformed request line');
  }
  if (protocol[majorAt] !== '1') return invalid(505, 'HTTP version not supported');
  return { type: 'line', line: { method, target, version: protocol.slice(majorAt) } };
}

/** Reads `HTTP-version SP status-code SP [reason-phrase]`; the last space may be missing with the phrase. */
export function parseStatusLine(text: string): StartLineStep<StatusLine> {
  const protocol = text.slice(0, majorAt + 3);
  const code = text.slice(majorAt + 4, majorAt + 7);
  const rest = text.slice(majorAt + 7);
  if (!httpVersion.test(protocol) || text[majorAt + 3] !== ' ' || !statusCode.test(code)) {
    return invalid(400, 'malformed status line');
  }
  if ((rest !== '' && !rest.startsWith(' ')) || !isFieldValue(rest)) {
    return invalid(400, 'malformed status line');
  }
  if (protocol[majorAt] !== '1') return invalid(505, 'HTTP version not supported');
  const line = { version: protocol.slice(majorAt), status: Number(code), reason: rest.slice(1) };
  return { type: 'line', line };
}

function invalid(status: 400 | 505, reason: string): { type: 'invalid'; fault: StartLineFault } {
  return { type: 'invalid', fault: { status, reason } };
}

const majorAt = 'HTTP/'.length;
const httpVersion = /^HTTP\/[0-9]\.[0-9]$/;
const statusCode = /^[1-9][0-9]{2}$/;
const visible = /^[\x21-\x7e]+$/;
