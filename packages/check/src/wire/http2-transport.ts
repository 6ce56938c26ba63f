import { Buffer } from 'node:buffer';
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type Http2Stream } from 'node:http2';

import { type ByteTransport, StreamTransport, type TransportListener } from './byte-transport.js';

/** A stream of HTTP/2 as a transport: END_STREAM is its end, RST_STREAM with CANCEL its reset (RFC 8441 §5). */
export function streamTransport(stream: Http2Stream): StreamTransport {
  const cancel = (): void => {
    if (!stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL);
  };
  return new StreamTransport(stream, {
    reset: cancel,
    // A destroyed stream of node:http2 may leave the peer's half open.
    destroy: cancel,
    wasReset: () => (stream.rstCode ?? 0) !== http2.constants.NGHTTP2_NO_ERROR,
  });
}

/** The transport of a tester that is client: its stream begins with the opening request. */
export class Http2ClientTransport implements ByteTransport {
  readonly session: ClientHttp2Session;
  #stream: StreamTransport | null = null;
  #listener: TransportListener | null = null;

  constructor(session: ClientHttp2Session) {
    this.session = session;
    session.on('error', () => {});
    session.on('close', () => {
      if (this.#stream === null) this.#listener?.handleEnd('destroyed');
    });
  }

  /** Sends the request. @throws what `node:http2` says of fields that it does not write */
  request(headers: http2.OutgoingHttpHeaders): ClientHttp2Stream {
    const stream = this.session.request(headers, { endStream: false });
    this.#stream = streamTransport(stream);
    if (this.#listener !== null) this.#stream.start(this.#listener);
    return stream;
  }

  /** Has the listener look again: a response has come, which is no data. */
  wake(): void {
    this.#listener?.handleData(Buffer.alloc(0));
  }

  start(listener: TransportListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): boolean {
    return this.#stream?.write(bytes) ?? false;
  }

  drained(): Promise<void> {
    return this.#stream?.drained() ?? Promise.resolve();
  }

  end(): void {
    this.#stream?.end();
  }

  reset(): void {
    this.#stream?.reset();
  }

  destroy(): void {
    this.session.destroy();
  }
}
