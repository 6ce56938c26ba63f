import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';

import type { Clock } from '../channel/clock.js';
import { refuse } from '../core/handshake/refusal.js';

import { endWith } from './http1-server.js';

export interface PrefaceReaderOptions {
  readonly clock: Clock;
  /** How long a client may say nothing, in milliseconds. */
  readonly deadlineMs: number;
  readonly handleHttp1: (socket: Socket) => void;
  readonly handleHttp2: (socket: Socket) => void;
}

/**
 * Tells from the first bytes of a connection without TLS which version of HTTP its client speaks: one that knows that we
 * speak HTTP/2 begins with a preface (RFC 9113 §3.3, §3.4). Whatever was read is put back.
 */
export class PrefaceReader {
  readonly #options: PrefaceReaderOptions;
  readonly #waiting = new Set<Socket>();

  constructor(options: PrefaceReaderOptions) {
    this.#options = options;
  }

  /** Takes a socket that was just accepted; what was read from it has been put back. */
  accept(socket: Socket): void {
    const chunk: Buffer | null = socket.readableLength > 0 ? socket.read() : null;
    if (!this.#decide(socket, chunk ?? nothing)) this.#read(socket, chunk ?? nothing);
  }

  /** Destroys the sockets that have not said enough. */
  destroyWaiting(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #read(socket: Socket, begun: Buffer): void {
    let bytes = begun;
    const { clock, deadlineMs } = this.#options;
    const stop = () => {
      cancelDeadline();
      this.#waiting.delete(socket);
      socket.off('readable', read).off('end', refuseCut).off('error', destroy).off('close', stop);
    };
    const read = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read())
        bytes = Buffer.concat([bytes, chunk]);
      if (socket.destroyed || !isDecisive(bytes)) return;
      stop();
      this.#decide(socket, bytes);
    };
    const destroy = () => socket.destroy();
    const refuseWith = (status: number, reason: string) => {
      stop();
      endWith(socket, refuse(status, reason));
    };
    const refuseCut = () => {
      if (bytes.length > 0) refuseWith(400, 'this is no HTTP/1.1 request');
      else destroy();
    };
    const cancelDeadline = clock.setTimer(() => refuseWith(408, 'the request took too long'), deadlineMs);
    this.#waiting.add(socket);
    socket.on('readable', read).on('end', refuseCut).on('error', destroy).on('close', stop);
  }

  /** False when more bytes are needed. */
  #decide(socket: Socket, bytes: Buffer): boolean {
    if (!isDecisive(bytes)) return false;
    socket.unshift(bytes);
    if (bytes.subarray(0, preface.length).equals(preface)) this.#options.handleHttp2(socket);
    else this.#options.handleHttp1(socket);
    return true;
  }
}

/** Whether the bytes are the preface, or cannot become it any more. */
function isDecisive(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, preface.length);
  return length === preface.length || bytes.compare(preface, 0, length, 0, length) !== 0;
}

const nothing: Buffer = Buffer.alloc(0);
/** Of the client's preface as much as no request of HTTP/1.1 can begin with. */
const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
