import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Responses that are still to be written on HTTP connections. A client may send an upgrade behind requests whose
 * responses are not out yet (RFC 9112 §9.3.2): theirs must be on the wire before ours, and none may follow it.
 */
export class PendingResponses {
  readonly #counts = new WeakMap<Duplex, number>();
  readonly #waiting = new WeakMap<Duplex, () => void>();
  readonly #latest = new WeakMap<Duplex, ServerResponse>();

  add(socket: Duplex, response: ServerResponse): void {
    this.#counts.set(socket, (this.#counts.get(socket) ?? 0) + 1);
    this.#latest.set(socket, response);
    response.once('close', () => this.#remove(socket));
  }

  /** Whether a request on the socket has not come whole: whoever answers it may wait for the rest. */
  isReceiving(socket: Duplex): boolean {
    return (this.#counts.get(socket) ?? 0) > 0 && this.#latest.get(socket)?.req.complete === false;
  }

  /** Calls `proceed` when nothing is pending on the socket: at once, as a rule. Not when the socket is gone before. */
  whenWritten(socket: Duplex, proceed: () => void): void {
    if ((this.#counts.get(socket) ?? 0) > 0) this.#waiting.set(socket, proceed);
    else proceed();
  }

  #remove(socket: Duplex): void {
    const left = (this.#counts.get(socket) ?? 0) - 1;
    this.#counts.set(socket, left);
    if (left > 0) return;
    const proceed = this.#waiting.get(socket);
    this.#waiting.delete(socket);
    if (!socket.destroyed) proceed?.();
  }
}
