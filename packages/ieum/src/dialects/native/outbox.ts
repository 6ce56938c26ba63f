import type { Channel } from '../../channel/channel.js';
import type { SendResult } from '../../channel/send-queue.js';
import { encodeServerMessage, type ServerMessage } from '../../codecs/native/index.js';
import { CloseCode, isWireCloseCode } from '../../core/close-code.js';
import { type PreparedMessage, prepareMessage } from '../../core/outgoing.js';
import { HubError } from '../../hub/hub-error.js';
import type { SessionClose } from '../../hub/subscriber.js';

/** What a connection says to its client, until it is closed. Nothing of it throws. */
export class Outbox {
  readonly #channel: Channel;
  readonly #reportError: (error: unknown) => void;
  #isClosed = false;
  /** What the hub had to say before the client was told that it is connected. */
  #held: PreparedMessage[] | null = null;

  constructor(channel: Channel, reportError: (error: unknown) => void) {
    this.#channel = channel;
    this.#reportError = reportError;
  }

  /** Sends a message; `dropped` when JSON cannot hold it, which is reported. */
  send(message: ServerMessage): SendResult | Promise<SendResult> {
    try {
      return this.sendPrepared(prepareMessage(encodeServerMessage(message)));
    } catch (error) {
      this.report(error);
      return 'dropped';
    }
  }

  sendPrepared(message: PreparedMessage): SendResult | Promise<SendResult> {
    if (this.#isClosed) return 'closed';
    if (this.#held === null) return this.#channel.send(message);
    this.#held.push(message);
    return 'queued';
  }

  /** Holds back what is sent until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Forgets what was held back: the client is not connected after all. */
  discard(): void {
    this.#held = null;
  }

  /** Sends the message that all others wait for, and those. */
  release(first: ServerMessage): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.send(first);
    for (const message of held) this.sendPrepared(message);
  }

  /** Answers a message, or something without an id, with an error; of what is no HubError nothing is told but that it failed. */
  refuse(id: number | null, error: unknown): SendResult | Promise<SendResult> {
    if (error instanceof HubError) {
      return this.send({ type: 'error', id, code: error.code, message: error.message });
    }
    this.report(error);
    return this.send({ type: 'error', id, code: 'ERR_HUB_HANDLER', message: 'the application failed' });
  }

  /** Says why, and closes the channel. */
  close({ code, reason, retryAfterMs }: SessionClose): void {
    if (this.#isClosed) return;
    this.#held = null;
    const sent = isWireCloseCode(code) ? code : CloseCode.InternalError;
    this.send({
      type: 'closing',
      code: sent,
      reason,
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
    this.#isClosed = true;
    void this.#channel.close(sent, cutReason(reason));
  }

  /** The channel is gone. */
  handleClosed(): void {
    this.#isClosed = true;
    this.#held = null;
  }

  report(error: unknown): void {
    try {
      this.#reportError(error);
    } catch {
      // Whoever is told of errors may fail too; nobody is left to tell.
    }
  }
}

/** A Close frame has room for 123 bytes of reason. */
function cutReason(reason: string): string {
  const encoded = new TextEncoder().encode(reason);
  if (encoded.byteLength <= maxReasonBytes) return reason;
  return new TextDecoder().decode(encoded.subarray(0, maxReasonBytes), { stream: true });
}

const maxReasonBytes = 123;
