import type { CloseRecord } from '../core/close-record.js';
import type { Message } from '../core/message.js';

/** What a face over the driver is told. None of these may throw. */
export interface DriverFace {
  /** Whether messages go to `handleMessage`, or wait until `takeMessage` fetches them. */
  readonly consumesMessages: boolean;
  /** Takes one message; no other comes while the promise it may return is pending. */
  handleMessage(message: Message): void | Promise<void>;
  /** A message came into the inbox that nobody consumes. */
  handleReadable(): void;
  handlePing(payload: Uint8Array): void;
  handlePong(payload: Uint8Array): void;
  /** The transport is gone. */
  handleClosed(record: CloseRecord): void;
  /** The transport is gone and every message that came before was handled. */
  handleFinished(record: CloseRecord): void;
}
