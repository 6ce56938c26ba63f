import type { Channel } from '../../channel/channel.js';
import type { SendResult } from '../../channel/send-queue.js';
import { encodeStompFrame, type OutgoingFrame, type StompVersion } from '../../codecs/stomp/index.js';
import { CloseCode, isWireCloseCode } from '../../core/close-code.js';
import { PreparedMessage } from '../../core/outgoing.js';
import type { SessionClose } from '../../hub/subscriber.js';

import { closeCodeOf, type Refusal } from './refusal.js';

/** What a connection says to its client, until it is closed. Nothing of it throws. */
export class Outbox {
  /** What headers are escaped as. */
  version: StompVersion = '1.2';
  readonly #channel: Channel;
  readonly #now: () => number;
  #lastSentAt: number;
  #isClosed = false;

  constructor(channel: Channel, now: () => number) {
    this.#channel = channel;
    this.#now = now;
    this.#lastSentAt = now();
  }

  get lastSentAt(): number {
    return this.#lastSentAt;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(frame: OutgoingFrame): SendResult | Promise<SendResult> {
    return this.sendPrepared(new PreparedMessage('text', encodeStompFrame(frame, this.version)));
  }

  sendPrepared(message: PreparedMessage): SendResult | Promise<SendResult> {
    if (this.#isClosed) return 'closed';
    this.#lastSentAt = this.#now();
    return this.#channel.send(message);
  }

  sendReceipt(id: string, headers: OutgoingFrame['headers'] = []): void {
    this.send({ command: 'RECEIPT', headers: [['receipt-id', id], ...headers] });
  }

  sendHeartBeat(): void {
    this.sendPrepared(lineEnd);
  }

  /** Says ERROR, and closes (STOMP 1.2, ERROR). @param receipt what the frame that is refused asked to be told of */
  refuse({ code, message, headers = [] }: Refusal, receipt: string | null): void {
    this.#fail({ code, message, headers }, receipt, closeCodeOf(code));
  }

  /** Closes because the hub wants it: with ERROR unless the server only goes away. */
  close({ code, reason, retryAfterMs }: SessionClose): void {
    const sent = isWireCloseCode(code) ? code : CloseCode.InternalError;
    if (quietCodes.has(sent)) {
      this.end(sent, reason);
      return;
    }
    const headers = retryAfterMs === null ? [] : [['ieum-retry-after-ms', String(retryAfterMs)] as const];
    this.#fail({ code: 'ERR_STOMP_CLOSED', message: reason, headers }, null, sent);
  }

  /** Closes without a word of STOMP. */
  end(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    void this.#channel.close(code, cutReason(reason));
  }

  /** The channel is gone. */
  handleClosed(): void {
    this.#isClosed = true;
  }

  #fail({ code, message, headers = [] }: Refusal, receipt: string | null, closeCode: number): void {
    const told: [string, string][] = [
      ['message', message],
      ['ieum-code', code],
      ['content-type', 'text/plain'],
    ];
    if (receipt !== null) told.push(['receipt-id', receipt]);
    const body = encoder.encode(`${message}\n`);
    this.send({ command: 'ERROR', headers: [...headers, ...told], body });
    this.end(closeCode, message);
  }
}

/** A Close frame has room for 123 bytes of reason. */
function cutReason(reason: string): string {
  const encoded = encoder.encode(reason);
  if (encoded.byteLength <= maxReasonBytes) return reason;
  return new TextDecoder().decode(encoded.subarray(0, maxReasonBytes), { stream: true });
}

const encoder = new TextEncoder();
const maxReasonBytes = 123;
const lineEnd = new PreparedMessage('text', encoder.encode('\n'), false);
const quietCodes: ReadonlySet<number> = new Set([
  CloseCode.NormalClosure,
  CloseCode.GoingAway,
  CloseCode.ServiceRestart,
]);
