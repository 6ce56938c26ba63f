import type { ServerHttp2Stream } from 'node:http2';

import {
  type ConnectRequest,
  checkConnectRequest,
  formatConnectAnswer,
  formatConnectRefusal,
} from '../../core/handshake/extended-connect.js';
import { type HeaderField, HeaderFields } from '../../core/handshake/header-fields.js';
import type { Answer } from '../../core/handshake/negotiation.js';
import type { Refusal } from '../../core/handshake/refusal.js';

import { headTooLarge } from '../http1-server.js';
import type { Transport } from '../transport/transport.js';
import type { ClientSource, OpeningCheck, UpgradeAttempt } from '../upgrade-attempt.js';

import { headBytesOf, toHttp2Headers } from './http2-fields.js';
import { Http2Transport } from './http2-transport.js';

export interface Http2AttemptParts {
  readonly stream: ServerHttp2Stream;
  readonly rawHeaders: readonly string[];
  readonly source: ClientSource;
  readonly maxHeaderBytes: number;
}

/** An extended CONNECT on a stream of its own (RFC 8441). */
export class Http2Attempt implements UpgradeAttempt {
  readonly source: ClientSource;
  readonly httpVersion = '2';
  readonly rest: Uint8Array = new Uint8Array();
  readonly #parts: Http2AttemptParts;
  #opening: ConnectRequest | null = null;

  constructor(parts: Http2AttemptParts) {
    this.source = parts.source;
    this.#parts = parts;
  }

  check(): OpeningCheck {
    const { rawHeaders, maxHeaderBytes } = this.#parts;
    if (headBytesOf(rawHeaders) > maxHeaderBytes) return { type: 'refused', refusal: headTooLarge() };
    const check = checkConnectRequest(HeaderFields.fromRaw(rawHeaders));
    if (check.type === 'refused') return check;
    this.#opening = check.request;
    return { type: 'opening', request: check.request, headers: check.request.headers };
  }

  openTransport(): Transport {
    return new Http2Transport(this.#parts.stream);
  }

  writeAnswer(_transport: Transport, answer: Answer): void {
    this.#respond(formatConnectAnswer(this.#opening as ConnectRequest, answer));
  }

  writeRefusal(transport: Transport, refusal: Refusal): boolean {
    const { fields, body } = formatConnectRefusal(refusal);
    try {
      this.#respond(fields);
    } catch {
      // A field of the application's that `node:http2` does not take: the status alone says enough.
      this.#respond([[':status', String(refusal.status)]]);
    }
    const isWritten = body.length === 0 || transport.write([body]);
    transport.close();
    return isWritten;
  }

  /** The stream may be gone by now. */
  #respond(fields: readonly HeaderField[]): void {
    const { stream } = this.#parts;
    if (stream.destroyed || stream.closed || stream.headersSent) return;
    stream.respond(toHttp2Headers(fields));
  }
}
