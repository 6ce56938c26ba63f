import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

import type { MemoryExchange } from 'ieum/hub';

import { Guest } from './exchange-guest.js';
import { type ExchangeReply, ReplyWriter } from './exchange-reply.js';
import type { ExchangeRequest } from './exchange-request.js';
import { ExchangeSession } from './exchange-session.js';

/**
 * The exchange that the workers of one machine share, behind a Unix socket or a named pipe.
 *
 * It does one thing after the other, so that what it says has one order. A worker that does not read has its own questions
 * wait; those who publish wait for their receipts as long as any worker has too much before it; and one that takes nothing
 * for two seconds is cut off: it comes back, and reads what it has missed.
 */
export class ExchangeServer {
  readonly #exchange: MemoryExchange;
  readonly #listener: Server;
  readonly #guests = new Set<Guest>();
  readonly #replies = new ReplyWriter();
  /** Receipts that wait until all workers have room. */
  #held: (() => void)[] = [];
  #isWorking = false;
  #watch: NodeJS.Timeout | undefined;
  #cutOff = 0;

  constructor(exchange: MemoryExchange) {
    this.#exchange = exchange;
    this.#listener = createServer((socket) => {
      const guest = new Guest(socket, this.#replies.write, {
        handleWaiting: () => void this.#work(),
        handleRoom: () => this.#handleRoom(),
      });
      this.#guests.add(guest);
    });
  }

  /** Workers that are connected. */
  get nodeCount(): number {
    return this.#guests.size;
  }

  /** How often a worker was cut off because it did not read. */
  get cutOffCount(): number {
    return this.#cutOff;
  }

  /** Rejects with the system's error. */
  async listen(path: string): Promise<void> {
    this.#listener.listen(path);
    await once(this.#listener, 'listening');
    this.#watch = setInterval(() => this.#cutOffIdle(), checkEveryMs);
  }

  close(): void {
    clearInterval(this.#watch);
    this.#listener.close();
    for (const { link } of this.#guests) link.destroy();
  }

  /** Does what waits, one after the other, for all that have room for answers. */
  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    let hasWorked = true;
    while (hasWorked) {
      hasWorked = false;
      for (const guest of this.#guests) {
        for (let request = guest.next(); request !== undefined; request = guest.next()) {
          hasWorked = true;
          await this.#perform(guest, request);
        }
        if (guest.link.isClosed) await this.#takeLeave(guest);
      }
    }
    this.#isWorking = false;
  }

  async #perform(guest: Guest, request: ExchangeRequest): Promise<void> {
    if (request.type === 'hello') await this.#welcome(guest, request.node);
    const reply = await guest.session?.perform(request);
    if (reply === undefined) return;
    if (reply.type === 'receipt' && this.#isCongested) this.#held.push(() => this.#send(guest, reply));
    else this.#send(guest, reply);
  }

  /** One that comes back may be quicker than the news that it went. */
  async #welcome(guest: Guest, node: string): Promise<void> {
    for (const other of this.#guests) {
      if (other === guest || other.session?.node !== node) continue;
      other.link.destroy();
      await this.#takeLeave(other);
    }
    guest.session ??= new ExchangeSession(this.#exchange, node, (reply) => this.#send(guest, reply));
    await guest.session.open();
  }

  async #takeLeave(guest: Guest): Promise<void> {
    this.#guests.delete(guest);
    await guest.session?.close();
    this.#release();
  }

  #send(guest: Guest, reply: ExchangeReply): void {
    guest.link.send(reply);
    if (guest.link.isOverfull) this.#cut(guest);
  }

  get #isCongested(): boolean {
    for (const { link } of this.#guests) if (link.isCongested) return true;
    return false;
  }

  #handleRoom(): void {
    this.#release();
    void this.#work();
  }

  #release(): void {
    if (this.#held.length === 0 || this.#isCongested) return;
    for (const send of this.#held.splice(0)) send();
  }

  /** Counted, not timed: when this process stood still itself, nobody is to blame. */
  #cutOffIdle(): void {
    for (const guest of this.#guests) if (guest.countIdleChecks() >= maxIdleChecks) this.#cut(guest);
  }

  #cut({ link }: Guest): void {
    this.#cutOff++;
    link.destroy();
  }
}

const checkEveryMs = 500;
const maxIdleChecks = 4;
