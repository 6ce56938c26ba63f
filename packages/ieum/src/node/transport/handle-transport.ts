import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';

import { allocateMaskable } from '../../core/masking/masking.js';

import type { HandleOwner, NativeHandle, NativeHandles } from './native-handle.js';
import type { Transport, TransportSink } from './transport.js';

/**
 * A transport over the handle beneath a socket. All such transports read into one buffer, so that a connection has no
 * read buffer of its own, and what the operating system takes at once leaves nothing behind.
 */
export class HandleTransport implements Transport, HandleOwner {
  /** Null once it is closed. */
  #handle: NativeHandle | null;
  #sink: TransportSink | null = null;
  /** The socket whose handle it is; null for a connection that never got one. */
  readonly #socket: Socket | null;
  readonly #native: NativeHandles;
  isEnded = false;
  error: Error | null = null;
  #closesOnceEnded = false;
  #hasShutDown = false;
  #isInputEnded = false;
  #isPaused = false;

  constructor(native: NativeHandles, handle: NativeHandle, socket: Socket | null) {
    this.#native = native;
    this.#handle = handle;
    this.#socket = socket;
  }

  get isDestroyed(): boolean {
    return this.#handle === null || this.#socket?.destroyed === true;
  }

  get writesAtOnce(): boolean {
    return true;
  }

  get waitingBytes(): number {
    return this.#handle?.writeQueueSize ?? 0;
  }

  start(sink: TransportSink): void {
    const isFirst = this.#sink === null;
    this.#sink = sink;
    if (this.#handle === null || this.#isInputEnded) sink.handleEnd();
    else if (isFirst) this.#takeOver(this.#handle);
  }

  pause(): void {
    this.#isPaused = true;
    this.#handle?.readStop();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#sink !== null) this.#handle?.readStart();
  }

  write(pieces: readonly Uint8Array[]): boolean {
    if (this.#handle === null || this.isDestroyed || this.isEnded) return true;
    const written = this.#native.write(this.#handle, pieces, this);
    if (typeof written === 'boolean') return written;
    this.#break('write', written);
    return true;
  }

  end(): void {
    if (this.#handle === null || this.isDestroyed || this.isEnded) return;
    this.isEnded = true;
    const status = this.#native.shutdown(this.#handle, this);
    if (status < 0) this.#break('shutdown', status);
  }

  close(): void {
    this.#closesOnceEnded = true;
    if (this.#hasShutDown) this.destroy();
    else this.end();
  }

  destroy(): void {
    const handle = this.#handle;
    if (handle === null) return;
    this.#handle = null;
    if (this.#socket === null) handle.close(() => this.#sink?.handleEnd());
    else this.#socket.destroy();
  }

  handleRead(bytesOrError: number): void {
    if (this.#handle === null) return;
    if (bytesOrError > 0) this.#sink?.handleData(readBuffer, bytesOrError);
    else if (bytesOrError === endOfStream) this.#handleInputEnd();
    else this.#break('read', bytesOrError);
  }

  handleWritten(status: number): void {
    if (this.isDestroyed) return;
    if (status < 0) this.#break('write', status);
    else this.#sink?.handleDrain();
  }

  handleShutdown(): void {
    this.#hasShutDown = true;
    if (this.#closesOnceEnded) this.destroy();
  }

  #handleInputEnd(): void {
    this.#isInputEnded = true;
    this.#sink?.handleEnd();
  }

  #takeOver(handle: NativeHandle): void {
    const socket = this.#socket;
    if (socket !== null) this.#release(socket);
    if (this.#handle === null) return;
    this.#native.read(handle, readBuffer, this);
    if (this.#isPaused) handle.readStop();
  }

  /** The socket is left with its handle, its end, and what it has read before: that comes first. */
  #release(socket: Socket): void {
    socket.on('error', (error) => {
      this.error ??= error;
    });
    socket.on('close', () => {
      this.#handle = null;
      this.#sink?.handleEnd();
    });
    // That the peer has ended may be among what was read before.
    socket.on('end', () => this.#sink?.handleEnd());
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
      this.#sink?.handleData(chunk, chunk.length);
    }
  }

  #break(call: string, status: number): void {
    const code = getSystemErrorName(status);
    const error = Object.assign(new Error(`${call} ${code}`), { code, errno: status, syscall: call });
    this.error ??= error;
    this.destroy();
  }
}

/** Where payloads are unmasked fastest, if there is such a place. */
function createReadBuffer(byteLength: number): Buffer {
  const region = allocateMaskable(byteLength);
  if (region === null) return Buffer.allocUnsafeSlow(byteLength);
  return Buffer.from(region.buffer, region.byteOffset, region.byteLength);
}

/** Shared by all: what is read is dealt with before anything else is. */
const readBuffer: Uint8Array = createReadBuffer(64 * 1024);
/** `UV_EOF`. */
const endOfStream = -4095;
