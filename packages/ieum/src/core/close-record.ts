import type { Close } from './close.js';
import type { Violation } from './violation.js';

/** How a connection ended: what each side said, who spoke first, and why it ended. */
export interface CloseRecord {
  /** The code that an application is told (RFC 6455 §7.1.5): the peer's, 1005 when it gave none, 1006 without its Close frame. */
  readonly code: number;
  readonly reason: string;
  /** The peer's Close frame. */
  readonly received: Close | null;
  /** Our Close frame. */
  readonly sent: Close | null;
  /** Whose Close frame came first; null when there was none. */
  readonly first: 'received' | 'sent' | null;
  /** Whether the closing handshake was completed: both sides sent a Close frame. */
  readonly wasClean: boolean;
  readonly cause: CloseCause;
}

/** Why a connection ended. */
export type CloseCause =
  /** One side asked for it with a Close frame. */
  | { readonly type: 'closing-handshake' }
  /** The peer broke a rule of the protocol or a limit. */
  | { readonly type: 'violation'; readonly violation: Violation }
  /** The peer kept us waiting: it was silent, did not answer our Close frame, or did not read. */
  | { readonly type: 'timeout'; readonly deadline: 'keepalive' | 'closing-handshake' | 'send' }
  /** The peer sent no message for `idleTimeoutMs`. */
  | { readonly type: 'idle' }
  /** The peer read more slowly than we sent, and the send queue's policy is to close. */
  | { readonly type: 'slow-reader' }
  /** The application's handler threw or rejected. */
  | { readonly type: 'handler'; readonly error: unknown }
  /** The server is shutting down. */
  | { readonly type: 'drain' }
  /** The peer ended the TCP connection without a Close frame. */
  | { readonly type: 'end-of-stream' }
  /** The transport failed; `error` is what it reported. */
  | { readonly type: 'transport'; readonly error: unknown }
  /** The application gave the connection up without a closing handshake. */
  | { readonly type: 'terminated' };
