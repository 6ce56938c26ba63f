/**
 * Stable names of what a caller can do wrong. Tests and applications match these, never the message.
 */
export type UsageErrorCode =
  | 'ERR_WS_INVALID_DATA'
  | 'ERR_WS_INVALID_CLOSE_CODE'
  | 'ERR_WS_INVALID_CLOSE_REASON'
  | 'ERR_WS_CONTROL_PAYLOAD_TOO_LONG'
  | 'ERR_WS_INVALID_URL'
  | 'ERR_WS_INVALID_HEADER'
  | 'ERR_WS_INVALID_SUBPROTOCOL'
  | 'ERR_WS_INVALID_EXTENSION'
  | 'ERR_WS_INVALID_OPTION'
  | 'ERR_WS_INVALID_STATE';

/** Thrown at once, and before anything is sent, when this library is called in a way it cannot honour. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: UsageErrorCode;

  constructor(code: UsageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
