import type { Buffer } from 'node:buffer';

import type { StompVersion, StompViolationCode } from './frame.js';
import { hasEscapes, unescapeHeader } from './header-escape.js';

export type HeadProblem = Extract<
  StompViolationCode,
  'ERR_STOMP_MALFORMED_FRAME' | 'ERR_STOMP_INVALID_HEADER' | 'ERR_STOMP_TOO_MANY_HEADERS'
>;

/** The command and the headers of a frame, line by line. */
export class FrameHead {
  readonly headers: Map<string, string> = new Map();
  readonly #version: StompVersion | null;
  #command = '';
  #lines = 0;

  constructor(version: StompVersion | null) {
    this.#version = version;
  }

  /** Empty before its line has come. */
  get command(): string {
    return this.#command;
  }

  /** Headers so far, those that come again counted each. */
  get lines(): number {
    return this.#lines;
  }

  addLine(line: Buffer): HeadProblem | null {
    const text = decode(line);
    if (text === null) return 'ERR_STOMP_INVALID_HEADER';
    if (this.#command !== '') return this.#addHeader(text);
    this.#command = text;
    return commandForm.test(text) ? null : 'ERR_STOMP_MALFORMED_FRAME';
  }

  /** All headers have come. STOMP 1.0, in its own examples, has spaces around values that do not belong to them. */
  complete(): HeadProblem | null {
    if (this.#version !== '1.0' && !this.#isOldConnect) return null;
    for (const [name, value] of [...this.headers]) {
      this.headers.delete(name);
      if (!this.headers.has(name.trim())) this.headers.set(name.trim(), value.trim());
    }
    return this.headers.has('') ? 'ERR_STOMP_MALFORMED_FRAME' : null;
  }

  get #isOldConnect(): boolean {
    return this.#version === null && this.#command === 'CONNECT' && !this.headers.has('accept-version');
  }

  #addHeader(text: string): HeadProblem | null {
    const colon = text.indexOf(':');
    if (colon <= 0) return 'ERR_STOMP_MALFORMED_FRAME';
    this.#lines++;
    const version = this.#version ?? '1.2';
    const isEscaped = hasEscapes(this.#command, version);
    const [name, value] = [text.slice(0, colon), text.slice(colon + 1)].map((part) =>
      isEscaped ? unescapeHeader(part, version) : part,
    );
    if (typeof name !== 'string' || typeof value !== 'string') return 'ERR_STOMP_INVALID_HEADER';
    if (!this.headers.has(name)) this.headers.set(name, value);
    return null;
  }
}

function decode(line: Buffer): string | null {
  try {
    return decoder.decode(line);
  } catch {
    return null;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const commandForm = /^[A-Z]{1,32}$/;
