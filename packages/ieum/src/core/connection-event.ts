import type { Close } from './close.js';
import type { CloseRecord } from './close-record.js';
import type { Message } from './message.js';
import type { Violation } from './violation.js';

/** A Ping frame; its Pong is already on its way out. */
export interface PingEvent {
  readonly type: 'ping';
  readonly payload: Uint8Array;
}

/** A Pong frame, asked for or not (RFC 6455 §5.5.3). */
export interface PongEvent {
  readonly type: 'pong';
  readonly payload: Uint8Array;
}

/** The peer's Close frame; nothing more will come from it. Our own Close frame is already on its way out. */
export interface ClosingEvent {
  readonly type: 'closing';
  readonly close: Close;
}

/** The peer broke a rule: we fail the connection (RFC 6455 §7.1.7). */
export interface ViolationEvent {
  readonly type: 'violation';
  readonly violation: Violation;
}

/** The transport is gone. The last event of every connection. */
export interface ClosedEvent {
  readonly type: 'closed';
  readonly record: CloseRecord;
}

export type ConnectionEvent = Message | PingEvent | PongEvent | ClosingEvent | ViolationEvent | ClosedEvent;
