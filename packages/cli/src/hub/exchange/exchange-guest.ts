import type { Socket } from 'node:net';

import { ExchangeLink, type LinkCodec } from './exchange-link.js';
import type { ExchangeReply } from './exchange-reply.js';
import { type ExchangeRequest, readRequest } from './exchange-request.js';
import type { ExchangeSession } from './exchange-session.js';

export interface GuestOwner {
  /** Something can be done for a guest, or it has gone. */
  handleWaiting(): void;
  /** A guest has taken what was too much. */
  handleRoom(): void;
}

/** One connection of a worker at the exchange, and what it has asked for. */
export class Guest {
  readonly link: ExchangeLink<ExchangeReply, ExchangeRequest>;
  /** Null until it has said who it is. */
  session: ExchangeSession | null = null;
  #waiting: ExchangeRequest[] = [];
  #done = 0;
  #progress = 0;
  #idleChecks = 0;

  constructor(
    socket: Socket,
    write: LinkCodec<ExchangeReply, ExchangeRequest>['write'],
    { handleWaiting, handleRoom }: GuestOwner,
  ) {
    this.link = new ExchangeLink(
      socket,
      { write, read: readRequest },
      {
        receive: (request) => {
          this.#waiting.push(request);
          handleWaiting();
        },
        handleRoom: () => {
          this.link.setReading(true);
          handleRoom();
        },
        handleClosed: handleWaiting,
      },
    );
  }

  /** What it asked for next; nothing while it does not read the answers, and then it is not read either. */
  next(): ExchangeRequest | undefined {
    if (this.link.isCongested) {
      this.link.setReading(false);
      return undefined;
    }
    const request = this.#waiting[this.#done++];
    if (request !== undefined) return request;
    this.#waiting = [];
    this.#done = 0;
    return undefined;
  }

  /** Called at regular intervals. @returns how often in a row it had too much before it and took nothing */
  countIdleChecks(): number {
    const { isCongested, progress } = this.link;
    this.#idleChecks = isCongested && progress === this.#progress ? this.#idleChecks + 1 : 0;
    this.#progress = progress;
    return this.#idleChecks;
  }
}
