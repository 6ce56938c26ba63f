import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { openingRequest } from '../support/raw-client.js';

/** A client that costs little: it sends bytes that were made before and only counts what comes back. */
export class DrivenPeer {
  /** How many chunks have arrived so far. */
  chunks = 0;
  readonly #socket: Socket;
  /** Below zero when more has arrived than was asked for. */
  #missingBytes = 0;
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number, target: string): Promise<DrivenPeer> {
    let peer: DrivenPeer | null = null;
    let head = '';
    let resolve = (): void => {};
    const opened = new Promise<void>((done) => {
      resolve = done;
    });
    const callback = (byteLength: number): boolean => {
      if (peer !== null) peer.#receive(byteLength);
      else {
        head += buffer.toString('latin1', 0, byteLength);
        if (head.endsWith('\r\n\r\n')) resolve();
      }
      return true;
    };
    const socket = connect({ host: '127.0.0.1', port, onread: { buffer, callback } });
    socket.setNoDelay(true);
    await once(socket, 'connect');
    socket.write(openingRequest({ target }));
    await Promise.race([opened, once(socket, 'close')]);
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`Not opened: ${head}`);
    const open = new DrivenPeer(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.#reject(new Error('The server closed the connection')));
    peer = open;
    return open;
  }

  /** Opens them by the hundred: a listening socket's backlog has its end. */
  static async openMany(count: number, port: number, target: string): Promise<DrivenPeer[]> {
    const peers: DrivenPeer[] = [];
    while (peers.length < count) {
      const atOnce = Math.min(100, count - peers.length);
      peers.push(...(await Promise.all(Array.from({ length: atOnce }, () => DrivenPeer.open(port, target)))));
    }
    return peers;
  }

  /** Sends `bytes` in one chunk and waits for an answer of `answerByteLength`, `times` over. */
  async exchange(bytes: Uint8Array, answerByteLength: number, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      const answered = this.receive(answerByteLength);
      this.send(bytes);
      await answered;
    }
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Waits for so many bytes more. */
  receive(byteLength: number): Promise<void> {
    this.#missingBytes += byteLength;
    if (this.#missingBytes <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Sends the last bytes and waits until the server has closed the connection. */
  async close(bytes: Uint8Array): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.send(bytes);
    await closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(byteLength: number): void {
    this.chunks++;
    const before = this.#missingBytes;
    this.#missingBytes -= byteLength;
    if (before > 0 && this.#missingBytes <= 0) this.#resolve();
  }
}

/** Shared by all: what is read is only looked at until the callback returns. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024);
