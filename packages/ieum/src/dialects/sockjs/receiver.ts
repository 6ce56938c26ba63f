import type { HttpExchange, ResponseBody, ResponseHeaders } from '../../channel/http-exchange.js';
import type { FrameFormat } from '../../codecs/sockjs/index.js';

/** A request whose response brings frames to the client: one, or as many as fit. */
export interface Receiver {
  /** Whether nothing more can be written: the response is whole, or the client is gone. */
  readonly isDone: boolean;
  /** Bytes that were written and that the client has not taken yet. */
  readonly bufferedBytes: number;
  /** Calls back once if the client goes away while the response is not whole. */
  watch(handleGone: () => void): void;
  /** Writes a frame; a promise when the client reads slowly, `closed` when it is gone. */
  write(frame: string): 'written' | 'closed' | Promise<'written' | 'closed'>;
  /** Ends the response. */
  end(): void;
}

export interface ReceiverOptions {
  readonly format: FrameFormat;
  readonly headers: ResponseHeaders;
  /** After so many bytes of frames a stream ends. */
  readonly maxResponseBytes: number;
}

/** Takes a request for frames. A stream begins to be answered at once. */
export function openReceiver(exchange: HttpExchange, options: ReceiverOptions): Receiver {
  return options.format.isStream
    ? new StreamReceiver(exchange, options)
    : new PollReceiver(exchange, options);
}

class PollReceiver implements Receiver {
  readonly bufferedBytes = 0;
  readonly #exchange: HttpExchange;
  readonly #options: ReceiverOptions;
  #isDone = false;

  constructor(exchange: HttpExchange, options: ReceiverOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#isDone || this.#exchange.signal.aborted;
  }

  watch(handleGone: () => void): void {
    watchSignal(this.#exchange.signal, () => {
      if (!this.#isDone) handleGone();
    });
  }

  write(frame: string): 'written' | 'closed' {
    if (this.isDone) return 'closed';
    this.#isDone = true;
    const { headers, format } = this.#options;
    this.#exchange.respond({ status: 200, headers, body: format.encode(frame) });
    return 'written';
  }

  end(): void {}
}

class StreamReceiver implements Receiver {
  readonly #signal: AbortSignal;
  readonly #options: ReceiverOptions;
  readonly #body: ResponseBody;
  #writtenBytes = 0;
  #isDone = false;

  constructor(exchange: HttpExchange, options: ReceiverOptions) {
    this.#signal = exchange.signal;
    this.#options = options;
    this.#body = exchange.begin(200, options.headers);
    this.#body.write(options.format.prelude);
  }

  get isDone(): boolean {
    return this.#isDone || this.#signal.aborted;
  }

  get bufferedBytes(): number {
    return this.#body.bufferedBytes;
  }

  watch(handleGone: () => void): void {
    watchSignal(this.#signal, () => {
      if (!this.#isDone) handleGone();
    });
  }

  write(frame: string): 'written' | 'closed' | Promise<'written' | 'closed'> {
    if (this.isDone) return 'closed';
    const bytes = new TextEncoder().encode(this.#options.format.encode(frame));
    const result = this.#body.write(bytes);
    this.#writtenBytes += bytes.byteLength;
    if (this.#writtenBytes >= this.#options.maxResponseBytes) this.end();
    return result;
  }

  end(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#body.end();
  }
}

/** Calls back once, in its own time if it has happened already. */
function watchSignal(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) queueMicrotask(callback);
  else signal.addEventListener('abort', callback, { once: true });
}
