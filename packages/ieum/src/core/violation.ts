import { CloseCode } from './close-code.js';

/** Stable names of what a peer can do wrong on an open connection. */
export type ViolationCode =
  | 'ERR_WS_RESERVED_BITS'
  | 'ERR_WS_RESERVED_OPCODE'
  | 'ERR_WS_UNMASKED_FRAME'
  | 'ERR_WS_MASKED_FRAME'
  | 'ERR_WS_FRAGMENTED_CONTROL_FRAME'
  | 'ERR_WS_CONTROL_FRAME_TOO_LONG'
  | 'ERR_WS_LENGTH_NOT_MINIMAL'
  | 'ERR_WS_LENGTH_OUT_OF_RANGE'
  | 'ERR_WS_UNEXPECTED_CONTINUATION'
  | 'ERR_WS_EXPECTED_CONTINUATION'
  | 'ERR_WS_CLOSE_PAYLOAD_LENGTH'
  | 'ERR_WS_CLOSE_CODE'
  | 'ERR_WS_CLOSE_REASON_UTF8'
  | 'ERR_WS_INVALID_UTF8'
  | 'ERR_WS_INVALID_PAYLOAD'
  | 'ERR_WS_MESSAGE_TOO_BIG'
  | 'ERR_WS_TOO_MANY_FRAGMENTS';

/** A rule of the protocol, or a limit of ours, that the peer broke. The connection is failed with `closeCode`. */
export interface Violation {
  readonly code: ViolationCode;
  /** What our Close frame says (RFC 6455 §7.4.1). */
  readonly closeCode: CloseCode;
  /** One line for the Close frame's reason: at most 123 bytes. */
  readonly reason: string;
  /** Where the rule stands. */
  readonly clause: string;
}

export function violation(code: ViolationCode): Violation {
  const [closeCode, reason, clause] = violations[code];
  return { code, closeCode, reason, clause };
}

const violations: Readonly<Record<ViolationCode, readonly [CloseCode, string, string]>> = {
  ERR_WS_RESERVED_BITS: [CloseCode.ProtocolError, 'reserved bits are set', 'RFC 6455 §5.2'],
  ERR_WS_RESERVED_OPCODE: [CloseCode.ProtocolError, 'the opcode is reserved', 'RFC 6455 §5.2'],
  ERR_WS_UNMASKED_FRAME: [CloseCode.ProtocolError, 'a client must mask its frames', 'RFC 6455 §5.1'],
  ERR_WS_MASKED_FRAME: [CloseCode.ProtocolError, 'a server must not mask its frames', 'RFC 6455 §5.1'],
  ERR_WS_FRAGMENTED_CONTROL_FRAME: [
    CloseCode.ProtocolError,
    'a control frame is fragmented',
    'RFC 6455 §5.5',
  ],
  ERR_WS_CONTROL_FRAME_TOO_LONG: [
    CloseCode.ProtocolError,
    'a control frame is longer than 125 bytes',
    'RFC 6455 §5.5',
  ],
  ERR_WS_LENGTH_NOT_MINIMAL: [
    CloseCode.ProtocolError,
    'the length is not minimally encoded',
    'RFC 6455 §5.2',
  ],
  ERR_WS_LENGTH_OUT_OF_RANGE: [CloseCode.ProtocolError, 'the top bit of the length is set', 'RFC 6455 §5.2'],
  ERR_WS_UNEXPECTED_CONTINUATION: [
    CloseCode.ProtocolError,
    'there is no message to continue',
    'RFC 6455 §5.4',
  ],
  ERR_WS_EXPECTED_CONTINUATION: [
    CloseCode.ProtocolError,
    'a new message began inside a fragmented one',
    'RFC 6455 §5.4',
  ],
  ERR_WS_CLOSE_PAYLOAD_LENGTH: [
    CloseCode.ProtocolError,
    'a Close frame has half a close code',
    'RFC 6455 §5.5.1',
  ],
  ERR_WS_CLOSE_CODE: [CloseCode.ProtocolError, 'the close code must not be sent', 'RFC 6455 §7.4'],
  ERR_WS_CLOSE_REASON_UTF8: [
    CloseCode.InvalidFramePayloadData,
    'the close reason is not UTF-8',
    'RFC 6455 §5.5.1',
  ],
  ERR_WS_INVALID_UTF8: [CloseCode.InvalidFramePayloadData, 'the text is not UTF-8', 'RFC 6455 §8.1'],
  ERR_WS_INVALID_PAYLOAD: [
    CloseCode.InvalidFramePayloadData,
    'an extension could not decode the payload',
    'RFC 6455 §9',
  ],
  ERR_WS_MESSAGE_TOO_BIG: [CloseCode.MessageTooBig, 'the message is too big', 'RFC 6455 §10.4'],
  ERR_WS_TOO_MANY_FRAGMENTS: [
    CloseCode.PolicyViolation,
    'the message has too many fragments',
    'RFC 6455 §10.4',
  ],
};
