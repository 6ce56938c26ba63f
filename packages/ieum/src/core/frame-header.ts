import { isControlOpcode, isDefinedOpcode, Opcode } from './opcode.js';
import { type Violation, violation } from './violation.js';

export type Role = 'server' | 'client';

/** The fields of RFC 6455 §5.2, as they stood on the wire. */
export interface FrameHeader {
  readonly fin: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** Exact up to 2^53; above that only its magnitude matters. */
  readonly payloadLength: number;
  /** How many bytes followed the 7-bit length: 0, 2 or 8. */
  readonly extendedLengthBytes: number;
}

/** What the rules need to know about the connection. */
export interface FrameContext {
  /** Our role: a server expects masked frames, a client unmasked ones. */
  readonly role: Role;
  /** Whether the first fragment of a message has arrived and its last has not. */
  readonly insideMessage: boolean;
  /** Reserved bits that a negotiated extension may set on the first frame of a message. */
  readonly extensionRsv: number;
}

/** The first rule of RFC 6455 §5 that a frame header breaks, or null. */
export function checkFrameHeader(header: FrameHeader, context: FrameContext): Violation | null {
  const { opcode } = header;
  const opensMessage = opcode === Opcode.Text || opcode === Opcode.Binary;

  if ((header.rsv & ~(opensMessage ? context.extensionRsv : 0)) !== 0)
    return violation('ERR_WS_RESERVED_BITS');
  if (!isDefinedOpcode(opcode)) return violation('ERR_WS_RESERVED_OPCODE');
  if (header.masked !== (context.role === 'server')) {
    return violation(header.masked ? 'ERR_WS_MASKED_FRAME' : 'ERR_WS_UNMASKED_FRAME');
  }
  if (isControlOpcode(opcode)) {
    if (!header.fin) return violation('ERR_WS_FRAGMENTED_CONTROL_FRAME');
    if (header.extendedLengthBytes > 0) return violation('ERR_WS_CONTROL_FRAME_TOO_LONG');
    return null;
  }
  if (header.payloadLength >= 2 ** 63) return violation('ERR_WS_LENGTH_OUT_OF_RANGE');
  if (header.payloadLength < minimumLength(header.extendedLengthBytes)) {
    return violation('ERR_WS_LENGTH_NOT_MINIMAL');
  }
  if (opensMessage && context.insideMessage) return violation('ERR_WS_EXPECTED_CONTINUATION');
  if (!opensMessage && !context.insideMessage) return violation('ERR_WS_UNEXPECTED_CONTINUATION');
  return null;
}

/** The smallest payload length that needs so many extended length bytes. */
function minimumLength(extendedLengthBytes: number): number {
  if (extendedLengthBytes === 0) return 0;
  return extendedLengthBytes === 2 ? 126 : 65536;
}
