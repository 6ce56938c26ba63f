import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Outgoing, type PreparedMessage, prepareMessage } from 'ieum';

import { encodeHello, encodeMessage } from './bus-frame.js';
import { BusLink } from './bus-link.js';
import { type BusHandler, LocalBus, type WorkerBus } from './worker-bus.js';

export interface MeshBusOptions {
  /** This worker. No two ever have the same number. */
  readonly worker: number;
  /** The Unix socket or named pipe where others reach it. */
  readonly path: string;
  /**
   * Messages can no longer reach that worker. Most likely it is gone; if it still works it must be ended, for it misses
   * messages from now on.
   */
  readonly handleLinkLost: (worker: number) => void;
}

/**
 * A bus of many workers: every two of them have one socket between them, and nobody is in the middle. Messages of one turn
 * of the event loop are written together, once for all links.
 */
export class MeshBus implements WorkerBus {
  readonly #options: MeshBusOptions;
  readonly #local = new LocalBus();
  readonly #listener: Server;
  readonly #links = new Map<number, BusLink>();
  /** Frames of this turn, in pieces. */
  #outbox: Uint8Array[] = [];
  #outboxBytes = 0;
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  #isClosed = false;

  private constructor(options: MeshBusOptions) {
    this.#options = options;
    this.#listener = createServer((socket) => {
      this.#addSocket(socket, (link) => link.write(this.#hello));
    });
  }

  /** Makes the bus of a worker, which others can join from now on. Rejects with the system's error. */
  static async listen(options: MeshBusOptions): Promise<MeshBus> {
    const bus = new MeshBus(options);
    bus.#listener.listen(options.path);
    await once(bus.#listener, 'listening');
    return bus;
  }

  /** Links this worker with others; when it resolves, messages go both ways. Rejects when one of them is not there. */
  async join(paths: readonly string[]): Promise<void> {
    await Promise.all(paths.map((path) => this.#link(path)));
  }

  publish(topic: string, data: Outgoing): void | Promise<void> {
    const message = prepareMessage(data);
    if (this.#links.size > 0) this.#post(topic, message);
    this.#local.publish(topic, message);
    if (this.#isCongested) return this.#whenRoom();
  }

  subscribe(topic: string, handler: BusHandler): () => void {
    return this.#local.subscribe(topic, handler);
  }

  /** Leaves without a word. */
  close(): void {
    this.#isClosed = true;
    this.#listener.close();
    for (const link of this.#links.values()) link.destroy();
  }

  get #isCongested(): boolean {
    for (const link of this.#links.values()) if (link.isCongested) return true;
    return false;
  }

  get #hello(): Uint8Array {
    return encodeHello(this.#options.worker);
  }

  /** Says hello; the answer means that the other worker counts on us, too. */
  #link(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('another worker is gone')));
      this.#addSocket(socket, () => resolve()).write(this.#hello);
    });
  }

  #addSocket(socket: Socket, handleHello: (link: BusLink) => void): BusLink {
    return new BusLink(socket, {
      handleFrame: (link, frame) => {
        if (frame.type === 'message') this.#local.publish(frame.topic, frame.message);
        else {
          link.worker = frame.worker;
          this.#links.set(frame.worker, link);
          handleHello(link);
        }
      },
      handleRoom: () => this.#handleRoom(),
      handleClosed: (link) => this.#forget(link),
    });
  }

  #forget(link: BusLink): void {
    const { worker } = link;
    if (worker === null || !this.#links.delete(worker)) return;
    this.#handleRoom();
    if (!this.#isClosed) this.#options.handleLinkLost(worker);
  }

  #post(topic: string, message: PreparedMessage): void {
    if (this.#outbox.length === 0) setImmediate(() => this.#flush());
    for (const piece of encodeMessage(topic, message)) {
      this.#outbox.push(piece);
      this.#outboxBytes += piece.byteLength;
    }
    if (this.#outboxBytes >= maxOutboxBytes) this.#flush();
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const bytes = Buffer.concat(this.#outbox, this.#outboxBytes);
    this.#outbox = [];
    this.#outboxBytes = 0;
    for (const link of this.#links.values()) link.write(bytes);
  }

  #whenRoom(): Promise<void> {
    if (this.#room === null) {
      let resolve = (): void => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#room = { promise, resolve };
    }
    return this.#room.promise;
  }

  #handleRoom(): void {
    if (this.#room === null || this.#isCongested) return;
    this.#room.resolve();
    this.#room = null;
  }
}

/** What is written at once before a turn is over. */
const maxOutboxBytes = 1024 * 1024;
