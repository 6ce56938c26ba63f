import type { Violation } from './violation.js';

/**
 * An extension in force on one connection (RFC 6455 §9): it turns the payload of whole messages into something else and
 * says so with reserved bits on their first frame. Its negotiation is part of the opening handshake.
 */
export interface MessageExtension {
  /** The registered extension token, such as `permessage-deflate`. */
  readonly name: string;
  /** The reserved bits it claims: RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  /**
   * Names its way of encoding when that depends on the payload alone: a fan-out encodes once for all connections with the
   * same name. Null when it depends on what was sent before.
   */
  readonly sharedEncoding: string | null;
  /**
   * Undoes what the peer's side did to a message that arrived with `rsv`. Must never hold more than `maxBytes`.
   * Bad payloads give a violation: it does not throw. It may take its time: no other message is decoded before.
   */
  decodeMessage(
    payload: Uint8Array,
    maxBytes: number,
  ): Uint8Array | Violation | Promise<Uint8Array | Violation>;
  /** What to send instead of `payload`, or null to send it as it is, without reserved bits. */
  encodeMessage(payload: Uint8Array): Uint8Array | null;
  /** Whether a payload of this size takes so long that it should be encoded off the event loop. */
  encodesLater(byteLength: number): boolean;
  /** What `encodeMessage` gives, off the event loop. Its result may not be used in the end. */
  encodeMessageLater(payload: Uint8Array): Promise<Uint8Array | null>;
  /** What `payload` was encoded to is being sent. */
  handleSent(payload: Uint8Array): void;
  /** The connection is over. */
  close(): void;
}
