import type { CloseRecord } from '../core/close-record.js';
import type { Message } from '../core/message.js';
import type { Outgoing } from '../core/outgoing.js';
import type { SendResult } from './send-queue.js';

/**
 * What the layers above a transport see of one connection: messages both ways, a pace both ways, an end.
 * A WebSocket is one; other transports of the same messages are others.
 */
export interface Channel {
  /** Sends one message; a promise only when the send queue is full and its policy is `wait`. */
  send(data: Outgoing): SendResult | Promise<SendResult>;
  /** Bytes accepted by `send` that did not reach the operating system yet. */
  readonly bufferedBytes: number;
  /** Stops delivering messages and, soon, reading them. */
  pause(): void;
  resume(): void;
  /** Closes in good order; resolves when the transport is gone. */
  close(code?: number, reason?: string): Promise<CloseRecord>;
  /** Resolves when the transport is gone, whoever ended it. */
  readonly closed: Promise<CloseRecord>;
  /** Messages in order, for `for await`; ends with the connection. */
  [Symbol.asyncIterator](): AsyncIterator<Message>;
}
