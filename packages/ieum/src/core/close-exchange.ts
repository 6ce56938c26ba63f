import type { Close } from './close.js';
import { CloseCode } from './close-code.js';
import type { CloseCause, CloseRecord } from './close-record.js';

/** What was said in the closing handshake, who began, and why the connection ends. */
export class CloseExchange {
  cause: CloseCause | null = null;
  #sent: Close | null = null;
  #received: Close | null = null;
  #first: 'received' | 'sent' | null = null;

  get hasReceived(): boolean {
    return this.#received !== null;
  }

  handleSent(close: Close): void {
    this.#sent = close;
    this.#first ??= 'sent';
  }

  handleReceived(close: Close): void {
    this.#received = close;
    this.#first ??= 'received';
  }

  /** @param streamEnd how the stream ended: the cause, unless there is a better one */
  record(streamEnd: CloseCause): CloseRecord {
    const received = this.#received;
    const sent = this.#sent;
    return {
      code: received?.code ?? CloseCode.AbnormalClosure,
      reason: received?.reason ?? '',
      received,
      sent,
      first: this.#first,
      wasClean: received !== null && sent !== null,
      cause: this.cause ?? streamEnd,
    };
  }
}
