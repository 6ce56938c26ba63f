import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { TLSSocket } from 'node:tls';

import { UsageError } from '../../core/errors.js';
import { checkConnectResponse } from '../../core/handshake/extended-connect.js';
import { type HeaderField, HeaderFields } from '../../core/handshake/header-fields.js';
import type { Offer } from '../../core/handshake/negotiation.js';

import { discard } from '../dial/socket-stage.js';
import { headBytesOf, toHttp2Headers } from '../http2/http2-fields.js';
import { Http2Transport } from '../http2/http2-transport.js';

import { HandshakeError } from './handshake-error.js';
import type { AttemptLimits, OpeningResult } from './opening-result.js';
import { isFollowed } from './redirect.js';
import { readRefusalBody } from './refusal-body.js';
import { settled } from './settled.js';

/** One opening handshake over HTTP/2. */
export interface ConnectAttempt {
  /** The whole request, pseudo-header fields included. */
  readonly fields: readonly HeaderField[];
  readonly offer: Pick<Offer, 'subprotocols' | 'extensions'>;
}

/** A connection of HTTP/2 to a server that takes WebSocket connections on it (RFC 8441). It ends with the last of them. */
export class Http2ClientConnection {
  readonly #session: ClientHttp2Session;
  readonly #socket: TLSSocket;
  readonly #address: string;
  #openStreams = 0;
  #isGoingAway = false;

  private constructor(session: ClientHttp2Session, socket: TLSSocket, address: string) {
    this.#session = session;
    this.#socket = socket;
    this.#address = address;
    session.on('goaway', () => {
      this.#isGoingAway = true;
    });
  }

  /**
   * Says the preface and waits for the server's settings (RFC 8441 §3); null when those do not allow WebSocket
   * connections, and the socket is ended then. Rejects with HandshakeError or the signal's reason.
   */
  static async start(
    socket: TLSSocket,
    host: string,
    { signal, maxHeaderBytes }: AttemptLimits,
  ): Promise<Http2ClientConnection | null> {
    const address = socket.remoteAddress ?? '';
    const session = connect(`https://${host}`, {
      createConnection: () => socket,
      settings: { enablePush: false, maxHeaderListSize: maxHeaderBytes },
    });
    let failure: Error | null = null;
    session.on('error', (error) => {
      failure ??= error;
    });
    // What breaks TLS, such as a certificate that is missing, would leave it open.
    socket.on('error', () => socket.destroy());
    session.on('connect', () => session.setLocalWindowSize(connectionWindowBytes));
    const connection = new Http2ClientConnection(session, socket, address);
    const outcome = await settled(session, 'remoteSettings', signal);
    if (outcome.type !== 'event') {
      session.destroy();
      discard(socket);
      if (outcome.type === 'aborted') throw signal.reason;
      throw ended(failure);
    }
    if (session.remoteSettings.enableConnectProtocol === true) return connection;
    connection.#end();
    return null;
  }

  /** Whether one more connection can be opened on it. */
  get hasRoom(): boolean {
    const { closed, destroyed, remoteSettings } = this.#session;
    const { maxConcurrentStreams = Number.POSITIVE_INFINITY } = remoteSettings;
    return !closed && !destroyed && !this.#isGoingAway && this.#openStreams < maxConcurrentStreams;
  }

  /**
   * Performs an opening handshake on a stream of its own. `unprocessed` when the server had nothing to do with it, so that
   * it can be performed elsewhere (RFC 9113 §8.7). Rejects with HandshakeError or the signal's reason.
   */
  async open(
    { fields, offer }: ConnectAttempt,
    limits: AttemptLimits,
  ): Promise<OpeningResult | { readonly type: 'unprocessed' }> {
    const stream = this.#request(fields);
    if (stream === null) return { type: 'unprocessed' };
    const outcome = await settled(stream, 'response', limits.signal);
    if (outcome.type === 'event') {
      const raw = outcome.args[2] as string[];
      return this.#judge(stream, raw, offer, limits);
    }
    if (outcome.type === 'aborted') {
      stream.close(constants.NGHTTP2_CANCEL);
      throw limits.signal.reason;
    }
    if (unprocessedCodes.has(stream.rstCode ?? 0)) return { type: 'unprocessed' };
    // What `node:http2` answers to a head beyond the limit that it has announced.
    if (stream.rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM) throw headTooLarge();
    throw ended(stream.errored);
  }

  #request(fields: readonly HeaderField[]): ClientHttp2Stream | null {
    try {
      return this.hasRoom ? this.#begin(fields) : null;
    } finally {
      // Nothing was asked for on it, and nothing would end it.
      if (this.#openStreams === 0) this.#end();
    }
  }

  #begin(fields: readonly HeaderField[]): ClientHttp2Stream {
    const stream = request(this.#session, fields);
    stream.on('error', ignore);
    this.#openStreams++;
    stream.once('close', () => {
      this.#openStreams--;
      if (this.#openStreams === 0) this.#end();
    });
    return stream;
  }

  async #judge(
    stream: ClientHttp2Stream,
    rawHeaders: readonly string[],
    offer: ConnectAttempt['offer'],
    limits: AttemptLimits,
  ): Promise<OpeningResult> {
    if (headBytesOf(rawHeaders) > limits.maxHeaderBytes) {
      stream.close(constants.NGHTTP2_CANCEL);
      throw headTooLarge();
    }
    const check = checkConnectResponse(HeaderFields.fromRaw(rawHeaders), offer);
    if (check.type === 'invalid') {
      stream.close(constants.NGHTTP2_CANCEL);
      throw new HandshakeError(check.code, check.reason);
    }
    if (check.type === 'accepted') return this.#accepted(stream, check);
    const { status, headers } = check;
    stream.end();
    const isRead = !isFollowed(status, limits);
    const body = isRead ? await readRefusalBody(stream, headers, new Uint8Array(), limits.signal) : '';
    if (!stream.destroyed) stream.close(constants.NGHTTP2_CANCEL);
    return { type: 'refused', answer: { status, headers, body } };
  }

  #accepted(
    stream: ClientHttp2Stream,
    granted: Extract<ReturnType<typeof checkConnectResponse>, { type: 'accepted' }>,
  ): OpeningResult {
    const { subprotocol, extensions } = granted;
    const accepted = {
      subprotocol,
      extensions,
      head: new Uint8Array(),
      address: this.#address,
      tls: this.#socket,
      openTransport: () => new Http2Transport(stream),
    };
    return { type: 'accepted', stream: accepted };
  }

  /** A server that keeps its side open is not waited for. */
  #end(): void {
    this.#isGoingAway = true;
    if (!this.#session.destroyed) this.#session.close();
    const timer = setTimeout(() => this.#socket.destroy(), lingerMs);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }
}

/** @throws UsageError `ERR_WS_INVALID_HEADER` for fields that HTTP/2 does not have */
function request(session: ClientHttp2Session, fields: readonly HeaderField[]): ClientHttp2Stream {
  try {
    return session.request(toHttp2Headers(fields), { endStream: false });
  } catch (cause) {
    throw new UsageError('ERR_WS_INVALID_HEADER', 'the header fields cannot be sent over HTTP/2', { cause });
  }
}

function headTooLarge(): HandshakeError {
  return new HandshakeError('ERR_WS_HANDSHAKE_HTTP', "the head of the server's answer is too large");
}

function ended(cause: Error | null): HandshakeError {
  return new HandshakeError(
    'ERR_WS_HANDSHAKE_ENDED',
    'the server ended the connection during the handshake',
    cause === null ? {} : { cause },
  );
}

function ignore(): void {}

/** What all streams of a connection may have under way to us. */
const connectionWindowBytes = 1024 * 1024;
/** How long an ended connection has to be gone. */
const lingerMs = 1_000;
const unprocessedCodes: ReadonlySet<number> = new Set([
  constants.NGHTTP2_REFUSED_STREAM,
  constants.NGHTTP2_HTTP_1_1_REQUIRED,
]);
