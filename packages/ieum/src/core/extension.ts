import type { Violation } from './violation.js';

/**
 * An extension in force on a connection (RFC 6455 §9): it turns the payload of whole messages into something else and
 * says so with reserved bits on their first frame. Its negotiation is part of the opening handshake.
 */
export interface MessageExtension {
  /** The registered extension token, such as `permessage-deflate`. */
  readonly name: string;
  /** The reserved bits it claims: RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  /**
   * Undoes what the peer's side did to a message that arrived with `rsv`. Must never hold more than `maxBytes`.
   * Bad payloads give a violation: it does not throw.
   */
  decodeMessage(payload: Uint8Array, maxBytes: number): Uint8Array | Violation;
  /** What to send instead of `payload`, or null to send it as it is, without reserved bits. */
  encodeMessage(payload: Uint8Array): Uint8Array | null;
}
