import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { constants, Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';

import { checkConnectRequest, formatConnectRefusal } from '../../core/handshake/extended-connect.js';
import { HeaderFields } from '../../core/handshake/header-fields.js';
import { type Refusal, refuse } from '../../core/handshake/refusal.js';

import { headTooLarge } from '../http1-server.js';
import type { RequestCounter } from '../request-counter.js';
import { type ClientSource, isReset } from '../upgrade-attempt.js';

import { Http2Connection, type Http2ConnectionParts, type Http2Request } from './http2-connection.js';
import { headBytesOf, toHttp2Headers } from './http2-fields.js';

export interface Http2ServerParts extends Omit<Http2ConnectionParts, 'handleRequest'> {
  readonly sourceOf: (socket: Socket) => ClientSource;
  /** Whether the path of a request is one of a WebSocket endpoint. */
  readonly isRoute: (target: string) => boolean;
  /** Answers requests that are for no route; undefined for 404. */
  readonly request: RequestListener | undefined;
  readonly requests: RequestCounter;
  /** How long a request and its response may stand still, in milliseconds. */
  readonly inactivityTimeoutMs: number;
  /** How long a whole request may take, in milliseconds. */
  readonly requestTimeoutMs: number;
}

/** Serves HTTP/2 on connections that it is given: WebSocket connections (RFC 8441) and other requests. */
export class Http2Server {
  readonly #parts: Http2ServerParts;
  readonly #connections = new Set<Http2Connection>();

  constructor(parts: Http2ServerParts) {
    this.#parts = parts;
  }

  /** Takes a connection on which HTTP/2 was agreed on, or whose first bytes say so. */
  accept(socket: Socket): void {
    // Nobody's address would be counted for it.
    if (isReset(socket)) {
      socket.destroy();
      return;
    }
    // `node:http2` ends a connection when its client does.
    socket.allowHalfOpen = false;
    const connection = new Http2Connection(socket, this.#parts.sourceOf(socket), {
      ...this.#parts,
      handleRequest: (request) => this.#handleRequest(request),
    });
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  /** Tells every client to send no more requests on the connections that it has (GOAWAY). */
  drain(): void {
    for (const connection of this.#connections) connection.end();
  }

  /** Gives up what is left. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  #handleRequest({ stream, headers, rawHeaders }: Http2Request): void {
    const { request: listener, requests, inactivityTimeoutMs } = this.#parts;
    if (stream.destroyed) return;
    stream.setTimeout(inactivityTimeoutMs, () => stream.close(constants.NGHTTP2_CANCEL));
    headers.host ??= headers[':authority'];
    const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
    const response = new Http2ServerResponse(stream);
    requests.add(response);
    this.#limitDuration(request);
    const refusal = this.#refusalOf(request);
    if (refusal !== null) respond(response, refusal);
    else {
      if (headers.expect !== undefined) response.writeContinue();
      listener?.(request as unknown as IncomingMessage, response as unknown as CompatibleResponse);
    }
  }

  #limitDuration(request: Http2ServerRequest): void {
    const { stream } = request;
    const cancel = this.#parts.clock.setTimer(() => {
      if (!request.complete) stream.close(constants.NGHTTP2_CANCEL);
    }, this.#parts.requestTimeoutMs);
    stream.once('close', cancel);
  }

  #refusalOf({ rawHeaders, url, headers }: Http2ServerRequest): Refusal | null {
    if (headBytesOf(rawHeaders) > this.#parts.maxHeaderBytes) return headTooLarge();
    if (this.#parts.isRoute(url)) {
      const check = checkConnectRequest(HeaderFields.fromRaw(rawHeaders));
      return check.type === 'refused' ? check.refusal : null;
    }
    if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
      return refuse(417, 'no expectation but 100-continue is met');
    }
    return this.#parts.request === undefined ? refuse(404, 'nothing here') : null;
  }
}

type CompatibleResponse = ServerResponse & { req: IncomingMessage };

function respond({ stream }: Http2ServerResponse, refusal: Refusal): void {
  if (stream.destroyed || stream.closed) return;
  const { fields, body } = formatConnectRefusal(refusal);
  stream.respond(toHttp2Headers(fields));
  stream.end(body);
}
