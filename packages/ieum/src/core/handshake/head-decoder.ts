import { Buffer } from 'node:buffer';

import { UsageError } from '../errors.js';
import { GrowingBuffer } from '../growing-buffer.js';

import { HeaderFields } from './header-fields.js';
import { isToken, trimWhitespace } from './http-grammar.js';
import {
  parseRequestLine,
  parseStatusLine,
  type RequestLine,
  type StartLineStep,
  type StatusLine,
} from './start-line.js';

/** The part of a request before its body. */
export interface RequestHead extends RequestLine {
  readonly headers: HeaderFields;
}

/** The part of a response before its body. */
export interface ResponseHead extends StatusLine {
  readonly headers: HeaderFields;
}

/** What is known after a chunk. */
export type HeadStep<Line> =
  | { readonly type: 'incomplete' }
  /** `rest` is a view of what the chunk has after the head: a body, or the first frames. */
  | {
      readonly type: 'head';
      readonly head: Line & { readonly headers: HeaderFields };
      readonly rest: Uint8Array;
    }
  /** `status` is what a server answers: 400 malformed, 414 or 431 too large, 505 not HTTP/1. */
  | { readonly type: 'invalid'; readonly status: number; readonly reason: string };

export interface HeadLimits {
  /** The whole head in bytes, the start line and the empty line included. Default 16384. */
  readonly maxHeaderBytes?: number | undefined;
  /** How many field lines. Default 128. */
  readonly maxHeaders?: number | undefined;
}

/** How the heads of requests and of responses differ. */
export interface HeadRole<Line> {
  readonly parseStartLine: (text: string) => StartLineStep<Line>;
  /** The status when the start line alone is beyond the limit. */
  readonly longStartLineStatus: 414 | 431;
  /** Whether one empty line may precede: some clients end an earlier body with it (RFC 9112 §2.2). */
  readonly mayFollowEmptyLine: boolean;
}

/** Decodes the head of a request. */
export function requestDecoder(limits: HeadLimits = {}): HeadDecoder<RequestLine> {
  return new HeadDecoder(requestRole, limits);
}

/** Decodes the head of a response. */
export function responseDecoder(limits: HeadLimits = {}): HeadDecoder<StatusLine> {
  return new HeadDecoder(responseRole, limits);
}

/**
 * Decodes one HTTP/1.1 message head that arrives in chunks. Each byte is looked at once, and the verdict depends on the
 * bytes alone, not on how they were cut. Every line ends in CR LF; folded lines, bare CR or LF, control characters and
 * whitespace before the colon are refused (RFC 9112 §2.2, §5.1, §5.2).
 */
export class HeadDecoder<Line> {
  readonly #role: HeadRole<Line>;
  readonly #maxHeaderBytes: number;
  readonly #maxHeaders: number;
  /** The bytes of a line whose end has not arrived. */
  readonly #partialLine = new GrowingBuffer();
  readonly #rawHeaders: string[] = [];
  #headBytes = 0;
  #afterCarriageReturn = false;
  #startLine: Line | undefined;
  #verdict: HeadStep<Line> | undefined;

  /** @throws UsageError `ERR_WS_INVALID_OPTION` when a limit is not a positive integer */
  constructor(role: HeadRole<Line>, limits: HeadLimits = {}) {
    this.#role = role;
    this.#maxHeaderBytes = checkLimit('maxHeaderBytes', limits.maxHeaderBytes ?? 16_384);
    this.#maxHeaders = checkLimit('maxHeaders', limits.maxHeaders ?? 128);
  }

  /**
   * Takes the next chunk. A head that was invalid stays so.
   *
   * @throws UsageError `ERR_WS_INVALID_STATE` when the head is already complete: later bytes are not its business
   */
  receive(chunk: Uint8Array): HeadStep<Line> {
    if (this.#verdict?.type === 'head') {
      throw new UsageError('ERR_WS_INVALID_STATE', 'the head is already complete');
    }
    if (this.#verdict !== undefined) return this.#verdict;
    const verdict = this.#scan(asBuffer(chunk));
    if (verdict.type !== 'incomplete') {
      this.#verdict = verdict;
      this.#partialLine.take();
    }
    return verdict;
  }

  #scan(chunk: Buffer): HeadStep<Line> {
    const before = this.#headBytes;
    const end = Math.min(chunk.length, this.#maxHeaderBytes - before);
    let lineStart = 0;
    let afterCarriageReturn = this.#afterCarriageReturn;
    for (let i = 0; i < end; i++) {
      const byte = chunk[i] as number;
      if (!afterCarriageReturn) {
        if (byte === carriageReturn) afterCarriageReturn = true;
        else if (!isTextByte(byte)) return invalid(400, 'a line has a control character');
        continue;
      }
      if (byte !== lineFeed) return invalid(400, 'a carriage return does not end a line');
      afterCarriageReturn = false;
      this.#headBytes = before + i + 1;
      const verdict = this.#receiveLine(this.#completeLine(chunk, lineStart, i + 1));
      lineStart = i + 1;
      if (verdict === 'end') return this.#complete(chunk.subarray(lineStart));
      if (verdict !== 'more') return verdict;
    }
    if (end < chunk.length) return this.#tooLarge();
    this.#headBytes = before + end;
    this.#afterCarriageReturn = afterCarriageReturn;
    if (lineStart < end) this.#partialLine.append(chunk.subarray(lineStart));
    return incomplete;
  }

  /** The line that ends before `end`, without its CR LF, together with what earlier chunks had of it. */
  #completeLine(chunk: Buffer, start: number, end: number): string {
    if (this.#partialLine.length === 0) return chunk.toString('latin1', start, end - 2);
    this.#partialLine.append(chunk.subarray(start, end));
    const line = this.#partialLine.take();
    return line.toString('latin1', 0, line.length - 2);
  }

  #receiveLine(line: string): 'more' | 'end' | HeadStep<Line> {
    if (this.#startLine === undefined) return this.#receiveStartLine(line);
    if (line === '') return 'end';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!isToken(name)) return invalid(400, 'malformed field line');
    if (this.#rawHeaders.length >= this.#maxHeaders * 2) return invalid(431, 'too many header fields');
    this.#rawHeaders.push(name, trimWhitespace(line.slice(colon + 1)));
    return 'more';
  }

  #receiveStartLine(line: string): 'more' | HeadStep<Line> {
    if (line === '' && this.#role.mayFollowEmptyLine && this.#headBytes === 2) return 'more';
    const step = this.#role.parseStartLine(line);
    if (step.type === 'invalid') return invalid(step.fault.status, step.fault.reason);
    this.#startLine = step.line;
    return 'more';
  }

  #complete(rest: Uint8Array): HeadStep<Line> {
    const headers = HeaderFields.fromRaw(this.#rawHeaders);
    const head = Object.assign(this.#startLine as Line & object, { headers });
    return { type: 'head', head, rest };
  }

  #tooLarge(): HeadStep<Line> {
    if (this.#startLine === undefined) {
      return invalid(this.#role.longStartLineStatus, 'the start line is too long');
    }
    return invalid(431, 'the header fields are too large');
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function checkLimit(name: string, limit: number): number {
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new UsageError('ERR_WS_INVALID_OPTION', `${name} is not a positive integer`);
}

function invalid(status: number, reason: string): { type: 'invalid'; status: number; reason: string } {
  return { type: 'invalid', status, reason };
}

function isTextByte(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || byte === 0x09;
}

const requestRole: HeadRole<RequestLine> = {
  parseStartLine: parseRequestLine,
  longStartLineStatus: 414,
  mayFollowEmptyLine: true,
};
const responseRole: HeadRole<StatusLine> = {
  parseStartLine: parseStatusLine,
  longStartLineStatus: 431,
  mayFollowEmptyLine: false,
};
const incomplete = { type: 'incomplete' } as const;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
