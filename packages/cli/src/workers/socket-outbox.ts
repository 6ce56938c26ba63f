import type { Socket } from 'node:net';

export interface SocketOutboxOptions {
  /** Beyond so many bytes whoever writes should wait. */
  readonly maxWaitingBytes: number;
  /** Less waits than that again. */
  readonly handleRoom: () => void;
}

/** What waits until a socket takes it: one write is under way at a time, and all that came meanwhile is the next one. */
export class SocketOutbox {
  readonly #socket: Socket;
  readonly #options: SocketOutboxOptions;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writingBytes = 0;
  #writes = 0;

  constructor(socket: Socket, options: SocketOutboxOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Bytes that the socket has not taken. */
  get bytes(): number {
    return this.#waitingBytes + this.#writingBytes;
  }

  /** Whether more than the limit waits. */
  get isCongested(): boolean {
    return this.bytes > this.#options.maxWaitingBytes;
  }

  /** How many writes the socket has taken. */
  get writes(): number {
    return this.#writes;
  }

  /** Writes bytes behind those that wait. They must not change any more. */
  write(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    if (this.#writingBytes === 0) this.#writeWaiting();
  }

  #writeWaiting(): void {
    const last = this.#waiting.pop();
    if (last === undefined) return;
    this.#writingBytes = this.#waitingBytes;
    this.#waitingBytes = 0;
    this.#socket.cork();
    for (const bytes of this.#waiting.splice(0)) this.#socket.write(bytes);
    this.#socket.write(last, () => this.#handleWritten());
    this.#socket.uncork();
  }

  #handleWritten(): void {
    const wasCongested = this.isCongested;
    this.#writes++;
    this.#writingBytes = 0;
    this.#writeWaiting();
    if (wasCongested && !this.isCongested) this.#options.handleRoom();
  }
}
