import { constants, inflateRawSync } from 'node:zlib';

/** Undoes what a server did to its messages, one after the other (RFC 7692 §7.2.2). */
export class MessageInflater {
  readonly #maxBytes: number;
  readonly #chunkSize: number;
  /** The last of what came out, at its end; null where messages do not refer to those before them. */
  #history: Buffer | null;
  #historyBytes = 0;

  /**
   * @param options `keepsContext`: whether messages refer to those before them; `usualBytes`: the size of most; `maxBytes`: of
   *   the largest
   */
  constructor(options: {
    readonly keepsContext: boolean;
    readonly usualBytes: number;
    readonly maxBytes: number;
  }) {
    this.#maxBytes = options.maxBytes;
    this.#chunkSize = Math.max(64, Math.min(options.usualBytes + 1, maxChunkBytes));
    this.#history = options.keepsContext ? Buffer.allocUnsafeSlow(2 * windowBytes) : null;
  }

  /** The next message; null when it is not valid, or too large. */
  inflate(data: Uint8Array): Buffer | null {
    const inflated = this.#inflate(Buffer.concat([data, flushEnd]));
    if (inflated !== null && this.#history !== null) this.#remember(inflated, this.#history);
    return inflated;
  }

  #inflate(data: Buffer): Buffer | null {
    const options = {
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: this.#chunkSize,
      maxOutputLength: this.#maxBytes,
    };
    const dictionary = this.#window();
    try {
      return inflateRawSync(data, dictionary === null ? options : { ...options, dictionary });
    } catch {
      return null;
    }
  }

  #window(): Buffer | null {
    if (this.#history === null || this.#historyBytes === 0) return null;
    return this.#history.subarray(Math.max(0, this.#historyBytes - windowBytes), this.#historyBytes);
  }

  #remember(output: Buffer, history: Buffer): void {
    const last = output.subarray(-windowBytes);
    if (this.#historyBytes + last.length > history.length) {
      history.copyWithin(0, this.#historyBytes - windowBytes, this.#historyBytes);
      this.#historyBytes = windowBytes;
    }
    last.copy(history, this.#historyBytes);
    this.#historyBytes += last.length;
  }
}

/** The largest that a server may use, whatever it says. */
const windowBytes = 32 * 1024;
const maxChunkBytes = 64 * 1024;
const flushEnd = Buffer.of(0x00, 0x00, 0xff, 0xff);
