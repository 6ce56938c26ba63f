import type { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { SeededRandom } from 'ieum/testing';

/** What a proxy does to the bytes of a connection while nothing else is wrong with it. */
type Manner = 'plain' | 'late' | 'in pieces' | 'together';

/**
 * Stands in front of a server on loopback, and treats connections badly: by nature some are late, cut into pieces or gathered;
 * on demand they are reset, frozen for a while, or lose all their bytes before they break.
 */
export class FaultProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #random: SeededRandom;
  readonly #connections = new Set<FaultConnection>();

  /** @param target the server's port */
  static async open(target: number, random: SeededRandom): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(server, target, random);
  }

  private constructor(server: Server, target: number, random: SeededRandom) {
    this.#server = server;
    this.#random = random;
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (socket) => {
      const far = dial({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      const connection = new FaultConnection(socket, far, random);
      this.#connections.add(connection);
      void connection.ended.then(() => this.#connections.delete(connection));
    });
  }

  /** How many connections go through it. */
  get size(): number {
    return this.#connections.size;
  }

  /** Breaks some connections at both ends. @returns how many */
  reset(share: number): number {
    return this.#hit(share, (connection) => connection.reset());
  }

  /** Some connections carry nothing for a while, then all that was held back. @returns how many */
  freeze(share: number, ms: number): number {
    return this.#hit(share, (connection) => connection.freeze(ms));
  }

  /** Some connections lose all bytes of both directions for a while, and then break. @returns how many */
  swallow(share: number, ms: number): number {
    return this.#hit(share, (connection) => connection.swallow(ms));
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.reset(1);
    await closed;
  }

  #hit(share: number, fault: (connection: FaultConnection) => void): number {
    const chosen = [...this.#connections].filter(() => this.#random.below(1_000) < share * 1_000);
    for (const connection of chosen) fault(connection);
    return chosen.length;
  }
}

/** One connection: two sockets, and what is between them. */
class FaultConnection {
  /** Resolves when both sockets are closed. */
  readonly ended: Promise<unknown>;
  readonly #sockets: readonly [Socket, Socket];
  readonly #random: SeededRandom;
  readonly #manner: Manner;
  #thawed: Promise<unknown> | null = null;
  #isSwallowed = false;

  constructor(near: Socket, far: Socket, random: SeededRandom) {
    this.#sockets = [near, far];
    this.#random = random;
    this.#manner = manners[random.below(manners.length)] as Manner;
    this.ended = Promise.all(
      [near, far].map((socket) => new Promise((resolve) => socket.on('close', resolve))),
    );
    void this.#carry(near, far);
    void this.#carry(far, near);
  }

  reset(): void {
    for (const socket of this.#sockets) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  freeze(ms: number): void {
    const thawed = delay(ms, undefined, { ref: false });
    this.#thawed = thawed;
    void thawed.then(() => {
      if (this.#thawed === thawed) this.#thawed = null;
    });
  }

  swallow(ms: number): void {
    this.#isSwallowed = true;
    setTimeout(() => this.reset(), ms).unref();
  }

  /** Carries bytes one way until the end; a broken socket breaks the other. */
  async #carry(from: Socket, to: Socket): Promise<void> {
    to.on('error', ignore);
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (this.#isSwallowed) continue;
        await this.#pass(chunk, to);
      }
      if (this.#thawed !== null) await this.#thawed;
      if (!this.#isSwallowed) to.end();
    } catch {
      this.reset();
    }
  }

  async #pass(chunk: Buffer, to: Socket): Promise<void> {
    if (this.#manner === 'late') await delay(this.#random.below(25));
    // The socket gathers what comes meanwhile: the next chunk is all of it.
    if (this.#manner === 'together') await delay(5);
    for (const piece of this.#manner === 'in pieces' ? this.#cut(chunk) : [chunk]) {
      if (this.#thawed !== null) await this.#thawed;
      if (to.destroyed) throw new Error('the other side is gone');
      if (!to.write(piece)) await roomIn(to);
      if (piece !== chunk) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Up to eight pieces of any length. */
  #cut(chunk: Buffer): Buffer[] {
    const cuts = Array.from({ length: this.#random.below(8) }, () => this.#random.below(chunk.length + 1));
    const edges = [0, ...cuts.sort((a, b) => a - b), chunk.length];
    const pieces = edges.slice(1).map((edge, i) => chunk.subarray(edges[i], edge));
    return pieces.filter((piece) => piece.length > 0);
  }
}

/** Resolves when a socket takes more, or is gone. */
function roomIn(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle);
      resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });
}

function ignore(): void {}

const manners: readonly Manner[] = ['plain', 'plain', 'plain', 'late', 'in pieces', 'together'];
