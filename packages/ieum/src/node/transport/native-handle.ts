import { Buffer } from 'node:buffer';
import { type Server, Socket } from 'node:net';

/*
 * Everything that we use of Node without its being documented is in this file: the handle of libuv beneath a socket, the
 * state that it leaves behind after a read or a write, and how a listening socket hands over what it accepted. Nothing
 * of it is touched unless all of it is there.
 */

/** Where a handle keeps whom it tells. */
const ownerKey: unique symbol = Symbol('owner');

/** A TCP connection or a connection over a Unix socket, as libuv has it. */
export interface NativeHandle {
  [ownerKey]?: HandleOwner | FirstReader;
  onread: (this: NativeHandle, bytes?: ArrayBuffer) => void;
  readonly writeQueueSize: number;
  readStart(): number;
  readStop(): number;
  useUserBuffer(buffer: Uint8Array): void;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  writev(request: WriteRequest, pieces: readonly Uint8Array[], allAreBytes: true): number;
  shutdown(request: object): number;
  close(handleClosed: () => void): void;
  setNoDelay?(noDelay: boolean): number;
  getpeername?(name: { address?: string }): number;
}

/** Who has a handle and is told what happens to it. Negative numbers are libuv's error codes. */
export interface HandleOwner {
  /** So many bytes lie in the buffer that the handle reads into, or the end or an error came. */
  handleRead(bytesOrError: number): void;
  /** What `write` could not write at once is written, or never will be. */
  handleWritten(status: number): void;
  /** What `shutdown` waited for has left, and so has the FIN. */
  handleShutdown(): void;
}

/** Who reads the first bytes of a connection. */
export interface FirstReader {
  /** Bytes of its own, or an error code. */
  handleFirst(bytesOrError: Buffer | number): void;
}

/** Gives a handle, of which `bytes` have been read, to the server that accepted it. */
export type HandOn = (handle: NativeHandle, bytes: Uint8Array) => void;

interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number) => void;
  owner: HandleOwner | null;
  /** What libuv still reads from. */
  pieces: readonly Uint8Array[] | null;
}

/** What `process.binding('stream_wrap')` gives. */
interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly ShutdownWrap: new () => { oncomplete: () => void };
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
  readonly kLastWriteWasAsync: number;
}

/** The way below `node:net`. */
export class NativeHandles {
  readonly #binding: StreamBinding;
  readonly #handleFirst: NativeHandle['onread'];
  readonly #handleRead: NativeHandle['onread'];
  /** One request serves all writes that are done at once. */
  #request: WriteRequest;

  constructor(binding: StreamBinding) {
    this.#binding = binding;
    this.#request = this.#createRequest();
    const { streamBaseState, kReadBytesOrError, kArrayBufferOffset } = binding;
    this.#handleRead = function (this: NativeHandle) {
      const bytesOrError = streamBaseState[kReadBytesOrError] as number;
      if (bytesOrError !== 0) (this[ownerKey] as HandleOwner).handleRead(bytesOrError);
    };
    this.#handleFirst = function (this: NativeHandle, bytes) {
      const bytesOrError = streamBaseState[kReadBytesOrError] as number;
      if (bytesOrError === 0) return;
      const first = bytes && Buffer.from(bytes, streamBaseState[kArrayBufferOffset], bytesOrError);
      (this[ownerKey] as FirstReader).handleFirst(first ?? bytesOrError);
    };
  }

  /** The handle of a socket that can be used by itself; null on one that cannot, like a TLS socket. */
  of(socket: Socket): NativeHandle | null {
    if (Object.getPrototypeOf(socket) !== Socket.prototype) return null;
    const handle: unknown = Reflect.get(socket, '_handle');
    return isHandle(handle) ? handle : null;
  }

  /**
   * Gives what a listening server accepts to `handleAccepted`, before there is a socket; does nothing where it cannot be
   * had. `handOn` makes a handle one of the server's connections after all, as if `bytes` had just arrived on it.
   */
  accept(server: Server, handleAccepted: (handle: NativeHandle, handOn: HandOn) => void): void {
    const listening: { onconnection?: (status: number, handle?: unknown) => void } | undefined =
      Reflect.get(server, '_handle') ?? undefined;
    const { onconnection } = listening ?? {};
    if (listening === undefined || typeof onconnection !== 'function') return;
    const handOn: HandOn = (handle, bytes) => {
      delete handle[ownerKey];
      const giveBytes = (socket: Socket) => socket.unshift(bytes);
      server.prependListener('connection', giveBytes);
      onconnection.call(listening, 0, handle);
      // A server that has `maxConnections` closes the handle instead: the bytes are nobody else's.
      server.off('connection', giveBytes);
    };
    const isKnown = knowHandles();
    listening.onconnection = (status, handle) => {
      if (status === 0 && isKnown(handle)) handleAccepted(handle, handOn);
      else onconnection.call(listening, status, handle);
    };
  }

  /** Reads once, into memory of its own. */
  readFirst(handle: NativeHandle, reader: FirstReader): void {
    handle[ownerKey] = reader;
    handle.onread = this.#handleFirst;
    handle.readStart();
  }

  /** Reads into `buffer` from now on. */
  read(handle: NativeHandle, buffer: Uint8Array, owner: HandleOwner): void {
    handle[ownerKey] = owner;
    handle.onread = this.#handleRead;
    handle.useUserBuffer(buffer);
    handle.readStart();
  }

  /** True when all is written, false when the owner is told once it is, or an error code. */
  write(handle: NativeHandle, pieces: readonly Uint8Array[], owner: HandleOwner): boolean | number {
    const request = this.#request;
    const error =
      pieces.length === 1
        ? handle.writeBuffer(request, pieces[0] as Uint8Array)
        : handle.writev(request, pieces, true);
    if (error !== 0) return error;
    const { streamBaseState, kLastWriteWasAsync } = this.#binding;
    if (streamBaseState[kLastWriteWasAsync] === 0) return true;
    request.owner = owner;
    request.pieces = pieces;
    this.#request = this.#createRequest();
    return false;
  }

  /** Sends FIN behind what was written. Gives an error code, or 0. */
  shutdown(handle: NativeHandle, owner: HandleOwner): number {
    const request = new this.#binding.ShutdownWrap();
    request.oncomplete = () => owner.handleShutdown();
    const error = handle.shutdown(request);
    // 1: it was done at once.
    if (error === 1) owner.handleShutdown();
    return Math.min(error, 0);
  }

  #createRequest(): WriteRequest {
    const request = new this.#binding.WriteWrap();
    request.owner = null;
    request.pieces = null;
    request.oncomplete = completeWrite;
    return request;
  }
}

/** Null on a platform where something of it is missing or looks different. */
export const nativeHandles: NativeHandles | null = findNativeHandles();

function findNativeHandles(): NativeHandles | null {
  if ('bun' in process.versions || 'deno' in process.versions) return null;
  // What follows is deprecated, if not loudly: with `--pending-deprecation` as well it would end the process.
  if (process.throwDeprecation) return null;
  try {
    const binding: unknown = Reflect.apply(Reflect.get(process, 'binding'), process, ['stream_wrap']);
    return isStreamBinding(binding) ? new NativeHandles(binding) : null;
  } catch {
    // It may be forbidden, as with `--permission`.
    return null;
  }
}

function isStreamBinding(binding: unknown): binding is StreamBinding {
  const { WriteWrap, ShutdownWrap, streamBaseState, ...indexes } = binding as StreamBinding;
  const { kReadBytesOrError, kArrayBufferOffset, kLastWriteWasAsync } = indexes;
  return (
    typeof WriteWrap === 'function' &&
    typeof ShutdownWrap === 'function' &&
    streamBaseState instanceof Int32Array &&
    streamBaseState[kReadBytesOrError] !== undefined &&
    streamBaseState[kArrayBufferOffset] !== undefined &&
    streamBaseState[kLastWriteWasAsync] !== undefined
  );
}

/** Tells handles, and looks closely only at the first one of a kind. */
function knowHandles(): (candidate: unknown) => candidate is NativeHandle {
  let known: object | null = null;
  return (candidate): candidate is NativeHandle => {
    if (typeof candidate !== 'object' || candidate === null) return false;
    const kind: object | null = Object.getPrototypeOf(candidate);
    if (kind !== null && kind === known) return true;
    if (!isHandle(candidate)) return false;
    known = kind;
    return true;
  };
}

function isHandle(candidate: unknown): candidate is NativeHandle {
  if (typeof candidate !== 'object' || candidate === null) return false;
  const kind = candidate.constructor.name;
  if (kind !== 'TCP' && kind !== 'Pipe') return false;
  return handleMethods.every((name) => typeof Reflect.get(candidate, name) === 'function');
}

function completeWrite(this: WriteRequest, status: number): void {
  const { owner } = this;
  this.owner = null;
  this.pieces = null;
  owner?.handleWritten(status);
}

const handleMethods = [
  'readStart',
  'readStop',
  'useUserBuffer',
  'writeBuffer',
  'writev',
  'shutdown',
  'close',
] as const;
