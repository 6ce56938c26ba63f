import type { StompViolationCode } from '../../codecs/stomp/index.js';
import { CloseCode } from '../../core/close-code.js';
import { HubError, type HubErrorCode } from '../../hub/hub-error.js';

/** Stable names of what a client is refused: the header `ieum-code` of an ERROR frame. */
export type StompErrorCode =
  | StompViolationCode
  | HubErrorCode
  | 'ERR_STOMP_NOT_CONNECTED'
  | 'ERR_STOMP_ALREADY_CONNECTED'
  | 'ERR_STOMP_CONNECT_TIMEOUT'
  | 'ERR_STOMP_UNSUPPORTED_VERSION'
  | 'ERR_STOMP_UNKNOWN_COMMAND'
  | 'ERR_STOMP_MISSING_HEADER'
  | 'ERR_STOMP_UNKNOWN_DESTINATION'
  | 'ERR_STOMP_UNKNOWN_SUBSCRIPTION'
  | 'ERR_STOMP_UNKNOWN_MESSAGE'
  | 'ERR_STOMP_UNKNOWN_TRANSACTION'
  | 'ERR_STOMP_ALREADY_IN_USE'
  | 'ERR_STOMP_INVALID_SELECTOR'
  | 'ERR_STOMP_LIMIT'
  | 'ERR_STOMP_QUEUE_FULL'
  | 'ERR_STOMP_SILENT'
  | 'ERR_STOMP_CLOSED';

/** Why a client is told ERROR, and its connection closed. */
export interface Refusal {
  readonly code: StompErrorCode;
  /** For people: one line. */
  readonly message: string;
  /** More headers of the ERROR frame. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

export function refusal(code: StompErrorCode, message: string): Refusal {
  return { code, message };
}

/** What somebody is told of an error: of what is no HubError nothing but that it happened. */
export function refusalOf(error: unknown, report: (error: unknown) => void): Refusal {
  if (error instanceof HubError) return refusal(error.code, error.message);
  report(error);
  return refusal('ERR_HUB_HANDLER', 'the application failed');
}

/** The code that the connection is closed with. */
export function closeCodeOf(code: StompErrorCode): number {
  return (
    closeCodes[code] ?? (code.startsWith('ERR_STOMP') ? CloseCode.ProtocolError : CloseCode.PolicyViolation)
  );
}

const closeCodes: Partial<Record<StompErrorCode, number>> = {
  ERR_STOMP_FRAME_TOO_LARGE: CloseCode.MessageTooBig,
  ERR_STOMP_TOO_MANY_HEADERS: CloseCode.MessageTooBig,
  ERR_STOMP_HEADER_TOO_LONG: CloseCode.MessageTooBig,
  ERR_STOMP_LIMIT: CloseCode.PolicyViolation,
  ERR_STOMP_CONNECT_TIMEOUT: CloseCode.PolicyViolation,
  ERR_STOMP_SILENT: CloseCode.PolicyViolation,
  ERR_STOMP_QUEUE_FULL: CloseCode.TryAgainLater,
  ERR_HUB_MESSAGE_TOO_LARGE: CloseCode.MessageTooBig,
  ERR_HUB_UNAVAILABLE: CloseCode.TryAgainLater,
  ERR_HUB_HANDLER: CloseCode.InternalError,
};
