import type { Buffer } from 'node:buffer';

import type { StompFrame, StompVersion, StompViolation, StompViolationCode } from './frame.js';
import { FrameHead, type HeadProblem } from './frame-head.js';
import { PieceBuffer } from './piece-buffer.js';

export interface StompLimits {
  /** Bytes of one frame, its NUL included. */
  readonly maxFrameBytes: number;
  readonly maxHeaders: number;
  /** Bytes of one header, name and value; of a command too. */
  readonly maxHeaderBytes: number;
}

/** What a decoder has made of the bytes so far. After a violation nothing more is read. */
export type StompStep =
  | { readonly type: 'frame'; readonly frame: StompFrame }
  /** One or more line ends between frames. */
  | { readonly type: 'heart-beat' }
  | StompViolation;

/**
 * Reads frames from bytes, however these are cut into pieces. Give it bytes with `receive`, then pull steps with `next` until it
 * gives null. What is kept is bounded by `maxFrameBytes` and the piece that came last.
 */
export class StompDecoder {
  /** What frames are read by: before it is agreed on, all that any version knows is understood. */
  version: StompVersion | null = null;
  readonly #limits: StompLimits;
  readonly #pieces = new PieceBuffer();
  /** Null between frames. */
  #head: FrameHead | null = null;
  /** Bytes of the body as announced; null when its NUL ends it, undefined before its head is read. */
  #bodyBytes: number | null | undefined = undefined;
  /** Bytes of the head. */
  #headBytes = 0;
  #hasFailed = false;

  constructor(limits: StompLimits) {
    this.#limits = limits;
  }

  /** Takes bytes, which must not change before `next` gives null. */
  receive(bytes: Uint8Array): void {
    if (!this.#hasFailed) this.#pieces.add(bytes);
  }

  /** The next step, or null until there are more bytes. */
  next(): StompStep | null {
    if (this.#hasFailed) return null;
    if (this.#head === null) {
      if (this.#skipLineEnds()) return { type: 'heart-beat' };
      if (this.#pieces.isEmpty || this.#hasHalfLineEnd) {
        this.#pieces.settle();
        return null;
      }
    }
    const step = this.#bodyBytes === undefined ? this.#readHead() : this.#readBody();
    if (step === null) this.#pieces.settle();
    return step;
  }

  #skipLineEnds(): boolean {
    const { bytes, start } = this.#pieces;
    let at = start;
    for (; at < bytes.length; at++) {
      if (bytes[at] === lineFeed) continue;
      if (bytes[at] !== carriageReturn || !this.#endsLinesWithCr) break;
      if (at + 1 === bytes.length) break;
      if (bytes[at + 1] !== lineFeed) break;
    }
    this.#pieces.skipTo(at);
    return at > start;
  }

  /** A CR came, and no LF yet. */
  get #hasHalfLineEnd(): boolean {
    const { bytes, start, length } = this.#pieces;
    return length === 1 && bytes[start] === carriageReturn && this.#endsLinesWithCr;
  }

  #readHead(): StompStep | null {
    const { maxHeaderBytes, maxFrameBytes } = this.#limits;
    this.#head ??= new FrameHead(this.version);
    for (;;) {
      const found = this.#pieces.find(lineFeed, nul);
      if (found === null) {
        return this.#pieces.length > maxHeaderBytes + 1 ? this.#fail('ERR_STOMP_HEADER_TOO_LONG') : null;
      }
      if (this.#pieces.bytes[found] === nul) return this.#fail('ERR_STOMP_MALFORMED_FRAME');
      const line = this.#pieces.takeTo(found);
      this.#headBytes += line.length + 1;
      if (line.length > maxHeaderBytes + 1) return this.#fail('ERR_STOMP_HEADER_TOO_LONG');
      if (this.#headBytes > maxFrameBytes) return this.#fail('ERR_STOMP_FRAME_TOO_LARGE');
      const text = this.#withoutCr(line);
      if (text.length === 0 && this.#head.command !== '') return this.#beginBody(this.#head);
      const problem = this.#head.addLine(text) ?? this.#countProblem(this.#head);
      if (problem !== null) return this.#fail(problem);
    }
  }

  #countProblem({ lines }: FrameHead): HeadProblem | null {
    return lines > this.#limits.maxHeaders ? 'ERR_STOMP_TOO_MANY_HEADERS' : null;
  }

  #beginBody(head: FrameHead): StompStep | null {
    const problem = head.complete();
    if (problem !== null) return this.#fail(problem);
    const announced = head.headers.get('content-length');
    if (announced === undefined) {
      this.#bodyBytes = null;
    } else {
      if (!/^\d{1,15}$/.test(announced)) return this.#fail('ERR_STOMP_INVALID_CONTENT_LENGTH');
      this.#bodyBytes = Number(announced);
      const frameBytes = this.#headBytes + this.#bodyBytes + 1;
      if (frameBytes > this.#limits.maxFrameBytes) return this.#fail('ERR_STOMP_FRAME_TOO_LARGE');
    }
    return this.#readBody();
  }

  #readBody(): StompStep | null {
    const announced = this.#bodyBytes ?? null;
    const room = this.#limits.maxFrameBytes - this.#headBytes - 1;
    if (announced === null) {
      const end = this.#pieces.find(nul);
      const length = end === null ? this.#pieces.length : end - this.#pieces.start;
      if (length > room) return this.#fail('ERR_STOMP_FRAME_TOO_LARGE');
      return end === null ? null : this.#finish(end);
    }
    if (this.#pieces.length <= announced) return null;
    const end = this.#pieces.start + announced;
    if (this.#pieces.bytes[end] !== nul) return this.#fail('ERR_STOMP_INVALID_CONTENT_LENGTH');
    return this.#finish(end);
  }

  /** @param end where the NUL is */
  #finish(end: number): StompStep {
    const { command, headers } = this.#head as FrameHead;
    const body = this.#pieces.takeTo(end);
    const mayHaveBody = this.version === '1.0' || commandsWithBody.has(command);
    if (body.length > 0 && !mayHaveBody) return this.#fail('ERR_STOMP_UNEXPECTED_BODY');
    this.#head = null;
    this.#bodyBytes = undefined;
    this.#headBytes = 0;
    // A copy: what the body is cut from may be large, or be written over.
    return { type: 'frame', frame: { command, headers, body: new Uint8Array(body) } };
  }

  #fail(code: StompViolationCode): StompViolation {
    const receipt = this.#head?.headers.get('receipt') ?? null;
    this.#hasFailed = true;
    this.#head = null;
    this.#pieces.clear();
    return { type: 'violation', code, message: descriptions[code], receipt };
  }

  /** STOMP 1.2 has lines end with CR LF too; 1.0 is trimmed anyway. */
  get #endsLinesWithCr(): boolean {
    return this.version !== '1.1';
  }

  #withoutCr(line: Buffer): Buffer {
    const hasCr = this.#endsLinesWithCr && line.at(-1) === carriageReturn;
    return hasCr ? line.subarray(0, -1) : line;
  }
}

const nul = 0;
const lineFeed = 10;
const carriageReturn = 13;
const commandsWithBody: ReadonlySet<string> = new Set(['SEND', 'MESSAGE', 'ERROR']);
const descriptions: Readonly<Record<StompViolationCode, string>> = {
  ERR_STOMP_MALFORMED_FRAME: 'this is no STOMP frame',
  ERR_STOMP_INVALID_HEADER: 'a header has an escape that is not defined, or is not UTF-8',
  ERR_STOMP_INVALID_CONTENT_LENGTH: 'content-length is not the length of the body',
  ERR_STOMP_UNEXPECTED_BODY: 'only SEND, MESSAGE and ERROR have a body',
  ERR_STOMP_FRAME_TOO_LARGE: 'the frame is too large',
  ERR_STOMP_TOO_MANY_HEADERS: 'the frame has too many headers',
  ERR_STOMP_HEADER_TOO_LONG: 'a header is too long',
};
