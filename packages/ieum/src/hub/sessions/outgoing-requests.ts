import type { Clock } from '../../channel/clock.js';

import { UsageError } from '../../core/errors.js';

import { HubError, type HubErrorCode } from '../hub-error.js';
import type { HubObserver } from '../hub-observer.js';
import type { Subscriber } from '../subscriber.js';

export interface RequestOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Gives the request up. */
  readonly signal?: AbortSignal;
}

/** What a client says to a request. */
export type Answer =
  | { readonly type: 'data'; readonly data: unknown }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

/** A client's refusal of a request: its own code, as it sent it. */
export class ClientError extends HubError {
  readonly clientCode: string;

  constructor(clientCode: string, message: string) {
    super('ERR_HUB_HANDLER', message);
    this.clientCode = clientCode;
  }
}

/** What requests need of the hub. */
export interface RequestOwner {
  readonly clock: Clock;
  readonly observer: HubObserver;
}

/** Requests to one client that are not answered yet. */
export class OutgoingRequests {
  readonly #subscriber: Subscriber;
  readonly #owner: RequestOwner;
  readonly #pending = new Map<number, (answer: Answer | HubErrorCode) => void>();
  #lastId = 0;

  constructor(subscriber: Subscriber, owner: RequestOwner) {
    this.#subscriber = subscriber;
    this.#owner = owner;
  }

  /** Asks, and resolves with what the client answers. */
  async send(
    method: string,
    data: unknown,
    { timeoutMs = 10_000, signal }: RequestOptions,
  ): Promise<unknown> {
    checkRequest(method, timeoutMs);
    if (signal?.aborted) throw failureOf('ERR_HUB_CANCELLED', method);
    if (this.#pending.size >= maxPending) throw failureOf('ERR_HUB_TOO_MANY_REQUESTS', method);
    const end = this.#owner.observer.startOperation?.({ type: 'request', method, direction: 'sent' });
    const answer = await this.#ask({ method, data, timeoutMs, signal });
    if (typeof answer === 'string') {
      const failure = failureOf(answer, method);
      end?.(failure);
      throw failure;
    }
    const failure = answer.type === 'error' ? new ClientError(answer.code, answer.message) : undefined;
    end?.(failure);
    if (failure !== undefined) throw failure;
    return (answer as { readonly data: unknown }).data;
  }

  /** An answer came. */
  receive(id: number, answer: Answer): void {
    this.#pending.get(id)?.(answer);
  }

  /** Nobody is there to answer any more. */
  close(): void {
    for (const settle of [...this.#pending.values()]) settle('ERR_HUB_CLOSED');
  }

  #ask(request: {
    readonly method: string;
    readonly data: unknown;
    readonly timeoutMs: number;
    readonly signal: AbortSignal | undefined;
  }): Promise<Answer | HubErrorCode> {
    const { method, data, timeoutMs, signal } = request;
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const settle = (answer: Answer | HubErrorCode) => {
        this.#pending.delete(id);
        cancelTimer();
        signal?.removeEventListener('abort', abort);
        resolve(answer);
      };
      const giveUp = (code: HubErrorCode) => {
        settle(code);
        this.#subscriber.handleCancel(id);
      };
      const abort = () => giveUp('ERR_HUB_CANCELLED');
      const cancelTimer = this.#owner.clock.setTimer(() => giveUp('ERR_HUB_TIMEOUT'), timeoutMs);
      signal?.addEventListener('abort', abort);
      this.#pending.set(id, settle);
      this.#subscriber.handleRequest({ id, method, data });
    });
  }
}

function checkRequest(method: unknown, timeoutMs: unknown): void {
  const isMethod = typeof method === 'string' && method !== '';
  if (!isMethod) throw new UsageError('ERR_WS_INVALID_OPTION', 'a method’s name is a string');
  if (typeof timeoutMs === 'number' && timeoutMs > 0) return;
  throw new UsageError('ERR_WS_INVALID_OPTION', 'timeoutMs must be a number above zero');
}

function failureOf(code: HubErrorCode, method: string): HubError {
  return new HubError(code, `${JSON.stringify(method)} was not answered: ${reasons[code] ?? 'it failed'}`);
}

const reasons: Partial<Record<HubErrorCode, string>> = {
  ERR_HUB_TIMEOUT: 'its time is up',
  ERR_HUB_CANCELLED: 'it was cancelled',
  ERR_HUB_CLOSED: 'the session is closed',
  ERR_HUB_TOO_MANY_REQUESTS: 'too many others wait for an answer',
};

/** Requests to one client at a time. */
const maxPending = 1_000;
