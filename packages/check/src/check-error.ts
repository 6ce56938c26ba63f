export type CheckErrorCode =
  /** The selection has no case for this peer. */
  | 'ERR_CHECK_NO_CASES'
  /** There is no server, or it opens no WebSocket there. */
  | 'ERR_CHECK_UNREACHABLE'
  /** No client has come, or none that ran a case. */
  | 'ERR_CHECK_NO_CLIENT';

/** Why nothing could be judged. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
  readonly code: CheckErrorCode;

  constructor(code: CheckErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
