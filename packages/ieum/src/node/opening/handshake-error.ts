import type { HandshakeFailureCode } from '../../core/handshake/client-handshake.js';
import type { HeaderFields } from '../../core/handshake/header-fields.js';

/**
 * Why a server that was reached is not connected with. Tests and applications match these, never the message.
 *
 * - `ERR_WS_HANDSHAKE_REFUSED`: it answered with plain HTTP; see `status`, `headers` and `body`.
 * - `ERR_WS_HANDSHAKE_TIMEOUT`: the whole attempt took longer than `handshakeTimeoutMs`.
 * - `ERR_WS_HANDSHAKE_ENDED`: it ended the connection, or the stream of HTTP/2, before its answer was complete.
 * - `ERR_WS_HANDSHAKE_HTTP`: its answer is no HTTP response, or larger than `maxHeaderBytes`.
 * - `ERR_WS_TOO_MANY_REDIRECTS`: it redirects more often than `maxRedirects` allows.
 * - `ERR_WS_REDIRECT`: it redirects to what is no usable WebSocket URL, or from `wss:` to `ws:`.
 * - the others: its 101, or its 2xx over HTTP/2, breaks RFC 6455 §4.1.
 */
export type HandshakeErrorCode =
  | HandshakeFailureCode
  | 'ERR_WS_HANDSHAKE_REFUSED'
  | 'ERR_WS_HANDSHAKE_TIMEOUT'
  | 'ERR_WS_HANDSHAKE_ENDED'
  | 'ERR_WS_HANDSHAKE_HTTP'
  | 'ERR_WS_TOO_MANY_REDIRECTS'
  | 'ERR_WS_REDIRECT';

/** What the server answered in plain HTTP. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly headers: HeaderFields;
  /** The beginning of the body, at most 4 KiB, as far as it came within half a second. Empty where it was not waited for. */
  readonly body: string;
}

/** The server was reached, and the opening handshake failed. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  readonly code: HandshakeErrorCode;
  readonly status: number | undefined;
  readonly headers: HeaderFields | undefined;
  readonly body: string | undefined;

  constructor(
    code: HandshakeErrorCode,
    message: string,
    details: { readonly answer?: HandshakeAnswer; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.status = details.answer?.status;
    this.headers = details.answer?.headers;
    this.body = details.answer?.body;
  }
}
