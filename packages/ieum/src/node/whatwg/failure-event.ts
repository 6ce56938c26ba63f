import type { CloseCause } from '../../core/close-record.js';

/** Why a connection failed: there never was one, or it ended without a closing handshake. */
export type FailureCause = { readonly type: 'opening'; readonly error: unknown } | CloseCause;

/**
 * The `error` event of a `WebSocket`. A browser hides the reason; here it is told: `cause` says what happened, `error`
 * is the error behind it, such as a `ConnectError` or `HandshakeError`, where there is one.
 */
export class FailureEvent extends Event {
  readonly cause: FailureCause;
  readonly error: unknown;
  readonly message: string;

  constructor(cause: FailureCause) {
    super('error');
    this.cause = cause;
    this.error = 'error' in cause ? cause.error : undefined;
    this.message = this.error instanceof Error ? this.error.message : describe(cause);
  }
}

function describe(cause: FailureCause): string {
  switch (cause.type) {
    case 'violation':
      return `the server broke the protocol: ${cause.violation.code}`;
    case 'timeout':
      return `the server took too long: ${cause.deadline}`;
    case 'end-of-stream':
      return 'the server ended the connection without a closing handshake';
    case 'terminated':
      return 'the connection was given up';
    default:
      return `the connection failed: ${cause.type}`;
  }
}
