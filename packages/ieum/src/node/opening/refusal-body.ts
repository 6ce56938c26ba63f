import type { Duplex } from 'node:stream';

import type { HeaderFields } from '../../core/handshake/header-fields.js';

import { done, incomplete, runStage, type Stage, type StageProgress } from '../dial/socket-stage.js';

/**
 * The beginning of the body of a plain HTTP answer, which often says why: at most 4 KiB, and what is there within half
 * a second. Never rejects but with the signal's reason; the caller destroys the socket.
 *
 * @param begun what came together with the head
 */
export async function readRefusalBody(
  socket: Duplex,
  headers: HeaderFields,
  begun: Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  const body = new RefusalBody(socket, headers, begun);
  if (body.isComplete) return body.text;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  const stop = (): void => patience.abort();
  signal.addEventListener('abort', stop);
  try {
    await runStage(socket, body, patience.signal);
  } catch {
    signal.throwIfAborted();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  return body.text;
}

class RefusalBody implements Stage {
  readonly event = 'readable';
  readonly #socket: Duplex;
  readonly #isChunked: boolean;
  readonly #wantedBytes: number;
  #bytes: Buffer;

  constructor(socket: Duplex, headers: HeaderFields, begun: Uint8Array) {
    this.#socket = socket;
    this.#isChunked = headers.has('Transfer-Encoding');
    const length = this.#isChunked ? undefined : headers.get('Content-Length');
    const isKnown = length !== undefined && /^\d+$/.test(length);
    this.#wantedBytes = isKnown ? Math.min(Number(length), maxBodyBytes) : maxBodyBytes;
    this.#bytes = Buffer.from(begun.subarray(0, this.#wantedBytes));
  }

  get isComplete(): boolean {
    return (
      this.#bytes.length >= this.#wantedBytes || (this.#isChunked && decodeChunks(this.#bytes).isComplete)
    );
  }

  get text(): string {
    return (this.#isChunked ? decodeChunks(this.#bytes).data : this.#bytes).toString('utf8');
  }

  handleEvent(): StageProgress {
    for (;;) {
      const chunk: Uint8Array | null = this.#socket.read();
      if (chunk === null) return incomplete;
      this.#bytes = Buffer.concat([this.#bytes, chunk]).subarray(0, this.#wantedBytes);
      if (this.isComplete) return done;
    }
  }

  describeFailure(): Error {
    return new Error('the body has ended');
  }
}

/** The data of the chunks that are there, a cut one too (RFC 9112 §7.1). */
function decodeChunks(bytes: Buffer): { readonly data: Buffer; readonly isComplete: boolean } {
  const chunks: Buffer[] = [];
  let isComplete = false;
  for (let at = 0; !isComplete && at < bytes.length; ) {
    const start = bytes.indexOf('\r\n', at) + 2;
    const size = start < 2 ? Number.NaN : Number.parseInt(bytes.toString('latin1', at, start), 16);
    if (!(size >= 0)) break;
    isComplete = size === 0;
    chunks.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
  return { data: Buffer.concat(chunks), isComplete };
}

const maxBodyBytes = 4096;
const patienceMs = 500;
