import type { Socket } from 'node:net';

import { SocketOutbox } from '../../workers/socket-outbox.js';

import { FrameCutter, WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

/** How one side of a link writes, and what it reads. */
export interface LinkCodec<Sent, Received> {
  readonly write: (writer: WireWriter, message: Sent) => void;
  readonly read: (reader: WireReader) => Received;
}

export interface LinkOwner<Received> {
  receive(message: Received): void;
  /** Less waits than the limit again. */
  handleRoom(): void;
  /** The link is gone. Called once, and nothing after it. */
  handleClosed(): void;
}

/** A socket between a worker and the exchange. What is sent in one turn of the event loop is written together. */
export class ExchangeLink<Sent, Received> {
  readonly #socket: Socket;
  readonly #codec: LinkCodec<Sent, Received>;
  readonly #owner: LinkOwner<Received>;
  readonly #writer = new WireWriter();
  readonly #cutter = new FrameCutter();
  readonly #outbox: SocketOutbox;
  #isFlushing = false;
  #isClosed = false;

  constructor(socket: Socket, codec: LinkCodec<Sent, Received>, owner: LinkOwner<Received>) {
    this.#socket = socket;
    this.#codec = codec;
    this.#owner = owner;
    this.#outbox = new SocketOutbox(socket, { maxWaitingBytes, handleRoom: () => owner.handleRoom() });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#handleClosed());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether more waits than should. */
  get isCongested(): boolean {
    return !this.#isClosed && this.#outbox.isCongested;
  }

  /** Whether so much waits that nothing more may. */
  get isOverfull(): boolean {
    return !this.#isClosed && this.#outbox.bytes > overfullBytes;
  }

  /** A number that changes when the other side takes something. */
  get progress(): number {
    return this.#outbox.writes;
  }

  send(message: Sent): void {
    if (this.#isClosed) return;
    this.#codec.write(this.#writer, message);
    if (this.#writer.byteLength >= maxGatheredBytes) this.#write();
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.flush());
  }

  /** Writes at once what was sent in this turn. */
  flush(): void {
    this.#isFlushing = false;
    if (!this.#isClosed) this.#write();
  }

  /** Whether the other side is read. */
  setReading(isReading: boolean): void {
    if (isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** Closes it when all is written. */
  end(): void {
    this.flush();
    this.#socket.end();
  }

  /** Closes it at once. */
  destroy(): void {
    this.#socket.destroy();
    this.#handleClosed();
  }

  #write(): void {
    for (const bytes of this.#writer.take()) this.#outbox.write(bytes);
  }

  #receive(chunk: Buffer): void {
    for (const frame of this.#cutter.receive(chunk)) {
      if (this.#isClosed) return;
      const message = this.#read(frame);
      if (message !== undefined) this.#owner.receive(message);
    }
  }

  #read(frame: Buffer): Received | undefined {
    try {
      return this.#codec.read(new WireReader(frame));
    } catch {
      // Whoever is at the other end speaks something else.
      this.destroy();
      return undefined;
    }
  }

  #handleClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#owner.handleClosed();
  }
}

/** What is written at once before a turn is over. */
const maxGatheredBytes = 1024 * 1024;
const maxWaitingBytes = 4 * 1024 * 1024;
const overfullBytes = 64 * 1024 * 1024;
