import { connect as connectTcp, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';

import { checkOpeningResponse, type HeadDecoder, responseDecoder, type StatusLine } from 'ieum/core';

import { describeSystemError, systemErrorCode } from '../system-error.js';

import { type CompressionGrant, readCompressionGrant } from './compression.js';
import { LoadFailure } from './load-failure.js';
import type { ReadyHandshake, Target } from './target.js';

export interface LoadConnectionHandlers {
  /** The opening handshake is done, and was right; `grant` is null where compression was not offered. */
  handleOpened(grant: CompressionGrant | null): void;
  /** Bytes `[start, end)` of the target's read buffer arrived. May throw LoadFailure. */
  handleBytes(start: number, end: number): void;
  /** The TCP connection is over. */
  handleEnd(): void;
  /** Why the load cannot go on. */
  handleFailure(reason: string): void;
}

/** A client connection that does no more than a load needs: it opens, writes what is ready to send, hands on what arrives. */
export class LoadConnection {
  readonly #target: Target;
  readonly #handlers: LoadConnectionHandlers;
  readonly #handshake: ReadyHandshake;
  readonly #socket: Socket;
  /** Null once the connection is open. */
  #head: HeadDecoder<StatusLine> | null = responseDecoder();
  #isOver = false;

  constructor(target: Target, handlers: LoadConnectionHandlers) {
    this.#target = target;
    this.#handlers = handlers;
    this.#handshake = target.nextHandshake();
    const { tls } = target;
    const options = { ...target.nextEndpoint(), onread: this.#onread() };
    this.#socket = tls === null ? connectTcp(options) : startTls(options, tls);
    this.#socket.on(tls === null ? 'connect' : 'secureConnect', () => {
      this.#socket.setNoDelay(true).write(this.#handshake.request);
    });
    this.#socket.on('error', (error) => this.#fail(describeError(error)));
    this.#socket.on('close', () => this.#handleClose());
  }

  /** Writes bytes, which must not change. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Writes several pieces at once. */
  writeAll(pieces: readonly Uint8Array[]): void {
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  /** Ends our side of the TCP connection. */
  end(): void {
    this.#socket.end();
  }

  /** Ends our side when the server does not end its own within a time. */
  endAfter(timeoutMs: number): void {
    this.#socket.setTimeout(timeoutMs, () => this.#socket.end());
  }

  destroy(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #onread(): OnReadOpts {
    return { buffer: this.#target.readBuffer, callback: (byteCount) => this.#receive(byteCount) };
  }

  #receive(byteCount: number): boolean {
    if (this.#isOver) return true;
    try {
      if (this.#head === null) this.#handlers.handleBytes(0, byteCount);
      else this.#receiveHead(this.#head, this.#target.readBuffer.subarray(0, byteCount));
    } catch (error) {
      if (!(error instanceof LoadFailure)) throw error;
      this.#fail(error.message);
    }
    return true;
  }

  #receiveHead(decoder: HeadDecoder<StatusLine>, chunk: Buffer): void {
    const step = decoder.receive(chunk);
    if (step.type === 'incomplete') return;
    if (step.type === 'invalid')
      throw new LoadFailure(`an opening handshake is not HTTP/1.1: ${step.reason}`);
    const check = checkOpeningResponse(step.head, this.#handshake.expectation);
    if (check.type === 'invalid') throw new LoadFailure(`an opening handshake is wrong: ${check.reason}`);
    if (check.type === 'refused') throw new LoadFailure(refusal(check.status, check.reason));
    if (check.type === 'interim') {
      this.#head = responseDecoder();
      if (step.rest.length > 0) this.#receiveHead(this.#head, step.rest as Buffer);
      return;
    }
    const grant = this.#target.compressed ? readCompressionGrant(check.extensions) : null;
    this.#head = null;
    this.#handlers.handleOpened(grant);
    const { readBuffer } = this.#target;
    const start = step.rest.byteOffset - readBuffer.byteOffset;
    if (step.rest.length > 0) this.#handlers.handleBytes(start, start + step.rest.length);
  }

  #handleClose(): void {
    if (this.#isOver) return;
    if (this.#head !== null) this.#fail('the server ended a connection in its opening handshake');
    else {
      this.#isOver = true;
      this.#handlers.handleEnd();
    }
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    this.destroy();
    this.#handlers.handleFailure(reason);
  }
}

/** The platform documents `onread` here too; its types do not know. */
function startTls(options: TcpNetConnectOpts & { readonly onread: OnReadOpts }, tls: TlsOptions): Socket {
  const { host, port, localAddress, onread } = options;
  const all = { host, port, localAddress, onread, ...tls };
  return connectTls(all as TlsOptions);
}

function refusal(status: number, reason: string): string {
  return `the server refused a connection with ${status}${reason === '' ? '' : ` ${reason}`}`;
}

function describeError(error: Error): string {
  const advice = advices.get(systemErrorCode(error));
  return `a connection failed: ${advice ?? describeSystemError(error)}`;
}

const noPorts = 'this machine has no local port left: try fewer --connections, or wait a minute';
const advices: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'this machine allows no more open files: raise "ulimit -n", or try fewer --connections'],
  ['EADDRNOTAVAIL', noPorts],
  ['EADDRINUSE', noPorts],
]);
