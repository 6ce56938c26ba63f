import type { Socket } from 'node:net';

import { type BusFrame, BusFrameDecoder } from './bus-frame.js';
import { SocketOutbox } from './socket-outbox.js';

export interface BusLinkOwner {
  handleFrame(link: BusLink, frame: BusFrame): void;
  /** Less waits than the limit again. */
  handleRoom(): void;
  /** The link is gone. Called once. */
  handleClosed(link: BusLink): void;
}

/** The way to one other worker: a socket, and what waits until that worker reads. */
export class BusLink {
  /** Who is at the other end; null until it has said so. */
  worker: number | null = null;
  readonly #socket: Socket;
  readonly #owner: BusLinkOwner;
  readonly #decoder = new BusFrameDecoder();
  readonly #outbox: SocketOutbox;

  constructor(socket: Socket, owner: BusLinkOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#outbox = new SocketOutbox(socket, { maxWaitingBytes, handleRoom: () => owner.handleRoom() });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => {});
    socket.on('close', () => owner.handleClosed(this));
  }

  /** Whether more than the limit waits, so that whoever publishes should wait too. */
  get isCongested(): boolean {
    return this.#outbox.isCongested;
  }

  /** Writes bytes behind those that wait. They must not change any more. */
  write(bytes: Uint8Array): void {
    this.#outbox.write(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    for (const frame of this.#decoder.receive(chunk)) this.#owner.handleFrame(this, frame);
  }
}

/** What may wait for one worker before those who publish are told to wait. The bytes are shared by all links. */
const maxWaitingBytes = 4 * 1024 * 1024;
