import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';

import { onTestFinished } from 'vitest';

import { describeFrame, type ServerFrame, takeServerFrame } from './server-frames.js';

export interface Http2Target extends SecureClientSessionOptions {
  readonly port: number;
  /** Speaks TLS, and trusts this authority. */
  readonly ca?: string;
}

/** A response over HTTP/2, whole. */
export interface Http2Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A client of HTTP/2, by `node:http2`: without TLS it begins with the preface. Gone when the test is. */
export class Http2Client {
  readonly session: ClientHttp2Session;
  readonly #scheme: string;

  private constructor(session: ClientHttp2Session, scheme: string) {
    this.session = session;
    this.#scheme = scheme;
  }

  /** Connects and waits for the server's settings. */
  static async connect(
    target: number | Http2Target,
    options: ClientSessionOptions = {},
  ): Promise<Http2Client> {
    const { port, ...tls } = typeof target === 'number' ? { port: target } : target;
    const scheme = 'ca' in tls ? 'https' : 'http';
    const session = connect(`${scheme}://localhost:${port}`, {
      host: '127.0.0.1',
      ...tls,
      ...options,
    } as object);
    session.on('error', () => {});
    onTestFinished(() => session.destroy());
    await once(session, 'remoteSettings');
    return new Http2Client(session, scheme);
  }

  /** Sends an extended CONNECT, right unless changed; a field of `undefined` is left out. */
  request(headers: OutgoingHttpHeaders = {}, options: { endStream?: boolean } = {}): ClientHttp2Stream {
    const fields: OutgoingHttpHeaders = {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': this.#scheme,
      ':path': '/',
      'sec-websocket-version': '13',
      ...headers,
    };
    for (const [name, value] of Object.entries(fields)) if (value === undefined) delete fields[name];
    const stream = this.session.request(fields, { endStream: false, ...options });
    stream.on('error', () => {});
    return stream;
  }

  /** Opens a WebSocket connection. */
  async open(headers: OutgoingHttpHeaders = {}): Promise<Http2Peer> {
    const stream = this.request(headers);
    const peer = new Http2Peer(stream);
    const { status, body } = await responseTo(stream, false);
    if (status !== 200) throw new Error(`${status} ${body}`);
    return peer;
  }

  /** What the server answers to an extended CONNECT, or with a `:method` to another request, when it does not accept. */
  async ask(
    headers: OutgoingHttpHeaders = {},
    options: { endStream?: boolean } = {},
  ): Promise<Http2Response> {
    return responseTo(this.request(headers, options), true);
  }

  /** What the server answers to an ordinary request. */
  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Http2Response> {
    const stream = this.session.request({ ':path': path, ...headers });
    stream.on('error', () => {});
    return responseTo(stream, true);
  }
}

/** The client's end of a WebSocket connection on a stream. */
export class Http2Peer {
  readonly stream: ClientHttp2Stream;
  /** The server's END_STREAM has arrived. */
  hasEnded = false;
  isClosed = false;
  #received: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #changed: () => void = () => {};

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    stream.on('end', () => {
      this.hasEnded = true;
    });
    stream.on('close', () => {
      this.isClosed = true;
    });
    for (const event of ['data', 'end', 'close']) stream.on(event, () => this.#changed());
  }

  send(...parts: readonly Uint8Array[]): void {
    this.stream.write(Buffer.concat(parts));
  }

  async frames(count: number): Promise<ServerFrame[]> {
    const frames: ServerFrame[] = [];
    while (frames.length < count) {
      this.#received = Buffer.concat([this.#received, ...this.#chunks]);
      this.#chunks = [];
      const taken = takeServerFrame(this.#received);
      if (taken === null) {
        if (this.isClosed) throw new Error(`Closed after ${frames.length} of ${count} frames`);
        await this.until(() => this.#chunks.length > 0 || this.isClosed, `${count} frames`);
      } else {
        this.#received = taken.rest;
        frames.push(taken.frame);
      }
    }
    return frames;
  }

  /** The next frame as `text hello`, `close 1000 reason`, `pong 6869`. */
  async frame(): Promise<string> {
    const [frame] = await this.frames(1);
    return describeFrame(frame as ServerFrame);
  }

  /** Resolves when the server has ended the stream. */
  end(): Promise<void> {
    return this.until(() => this.hasEnded || this.isClosed, 'the end');
  }

  /** How the stream was closed, by an error code of HTTP/2. */
  async closed(): Promise<number | undefined> {
    await this.until(() => this.isClosed, 'the stream to be closed');
    return this.stream.rstCode;
  }

  async until(condition: () => boolean, what: string, timeoutMs = 10_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

async function responseTo(stream: ClientHttp2Stream, isWhole: boolean): Promise<Http2Response> {
  const headers = await new Promise<Record<string, string | string[] | undefined>>((resolve, reject) => {
    stream.once('response', (fields) => resolve(fields as Record<string, string>));
    stream.once('close', () => reject(new Error(`The stream was closed with ${stream.rstCode}`)));
  });
  let body = '';
  if (isWhole) {
    stream.setEncoding('utf8');
    for await (const chunk of stream) body += chunk;
    stream.end();
  }
  return { status: Number(headers[':status']), headers, body };
}
