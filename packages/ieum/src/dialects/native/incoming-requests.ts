import { HubError } from '../../hub/hub-error.js';
import type { Session } from '../../hub/sessions/session.js';

import type { Outbox } from './outbox.js';

/** The client's requests to the application that are not answered, or not done. */
export class IncomingRequests<User> {
  readonly #session: Session<User>;
  readonly #outbox: Outbox;
  readonly #max: number;
  readonly #requests = new Map<number, IncomingRequest>();
  /** Those whose client waits no more, but which are at work. */
  #abandoned = 0;

  constructor(session: Session<User>, outbox: Outbox, max: number) {
    this.#session = session;
    this.#outbox = outbox;
    this.#max = max;
  }

  /** Lets the application answer. What it returns is the promise of a refusal that waits for the client to read. */
  receive(id: number, method: string, data: unknown): unknown {
    if (this.#requests.has(id)) {
      return this.#outbox.refuse(id, new HubError('ERR_HUB_INVALID_ENVELOPE', 'this id is in use'));
    }
    if (this.#requests.size + this.#abandoned >= this.#max) {
      const problem = `no more than ${this.#max} requests at once`;
      return this.#outbox.refuse(id, new HubError('ERR_HUB_TOO_MANY_REQUESTS', problem));
    }
    void this.#answer(id, method, data);
  }

  /** The client does not wait any more: it is told so at once, the application by its signal. */
  cancel(id: number): unknown {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    this.#requests.delete(id);
    this.#abandoned++;
    const cancelled = new HubError('ERR_HUB_CANCELLED', 'the client cancelled its request');
    request.controller.abort(cancelled);
    return this.#outbox.refuse(id, cancelled);
  }

  close(): void {
    const closed = new HubError('ERR_HUB_CLOSED', 'the connection is closed');
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    this.#abandoned += requests.length;
    for (const { controller } of requests) controller.abort(closed);
  }

  async #answer(id: number, method: string, data: unknown): Promise<void> {
    const request: IncomingRequest = { controller: new AbortController() };
    this.#requests.set(id, request);
    const isAwaited = () => this.#requests.get(id) === request;
    try {
      const result = await this.#session.receiveRequest(method, data, request.controller.signal);
      if (isAwaited()) await this.#respond(id, result);
    } catch (error) {
      if (isAwaited()) await this.#outbox.refuse(id, error);
    }
    if (isAwaited()) this.#requests.delete(id);
    else this.#abandoned--;
  }

  async #respond(id: number, data: unknown): Promise<void> {
    const result = this.#outbox.send({ type: 'response', id, data: data ?? null });
    if (result !== 'dropped') {
      await result;
      return;
    }
    await this.#outbox.refuse(id, new HubError('ERR_HUB_HANDLER', 'the application failed'));
  }
}

interface IncomingRequest {
  readonly controller: AbortController;
}
