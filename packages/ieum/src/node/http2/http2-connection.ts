import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';

import type { Clock } from '../../channel/clock.js';

import type { ClientSource, UpgradeAttempt } from '../upgrade-attempt.js';

import { FloodMeter } from './flood-meter.js';
import { Http2Attempt } from './http2-attempt.js';

export interface Http2ConnectionParts {
  readonly clock: Clock;
  readonly maxHeaderBytes: number;
  /** How long a client may take to send its first request, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  readonly handleAttempt: (attempt: UpgradeAttempt) => void;
  /** Takes every request that is no extended CONNECT. */
  readonly handleRequest: (request: Http2Request) => void;
}

/** A request over HTTP/2, as `node:http2` tells of it. */
export interface Http2Request {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/** A client's HTTP/2 connection: gives each stream to who answers it, and ends when nothing happens, or too much. */
export class Http2Connection {
  readonly #socket: Socket;
  readonly #source: ClientSource;
  readonly #parts: Http2ConnectionParts;
  readonly #session: ServerHttp2Session;
  readonly #resets: FloodMeter;
  readonly #controlFrames: FloodMeter;
  #openStreams = 0;
  /** Whether it is given up because of a flood. */
  #isCalmed = false;
  #cancelTimer: () => void;

  /** @param socket with nothing read from it, or with what was read put back */
  constructor(socket: Socket, source: ClientSource, parts: Http2ConnectionParts) {
    this.#socket = socket;
    this.#source = source;
    this.#parts = parts;
    this.#resets = new FloodMeter(parts.clock, resetLimits);
    this.#controlFrames = new FloodMeter(parts.clock, controlFrameLimits);
    this.#session = performServerHandshake(socket, {
      settings: {
        enableConnectProtocol: true,
        maxConcurrentStreams,
        maxHeaderListSize: parts.maxHeaderBytes,
      },
      maxHeaderListPairs: Math.max(128, Math.ceil(parts.maxHeaderBytes / fieldOverheadBytes)),
      maxSessionMemory: maxSessionMegabytes,
    });
    this.#listen(this.#session);
    this.#cancelTimer = parts.clock.setTimer(() => this.end(), parts.handshakeTimeoutMs);
  }

  /** Takes no more requests, and is gone once those that it has are answered and its WebSocket connections closed. */
  end(): void {
    if (!this.#session.destroyed) this.#session.close();
    if (this.#openStreams === 0) this.#linger();
  }

  /** Gives up what is left of it. */
  destroy(): void {
    this.#session.destroy();
    this.#linger();
  }

  #listen(session: ServerHttp2Session): void {
    // What is wrong with a connection is told by the streams that it had.
    session.on('error', ignore);
    // What breaks TLS would leave it open.
    this.#socket.on('error', () => this.#socket.destroy());
    session.on('connect', () => session.setLocalWindowSize(connectionWindowBytes));
    session.on('ping', () => this.#countControlFrame());
    session.on('remoteSettings', () => this.#countControlFrame());
    session.on('close', () => this.#cancelTimer());
    session.on('stream', (...[stream, headers, _flags, rawHeaders]: StreamEvent) => {
      this.#receive({ stream, headers, rawHeaders });
    });
  }

  #receive(request: Http2Request): void {
    const { stream, headers, rawHeaders } = request;
    stream.on('error', ignore);
    this.#openStreams++;
    this.#cancelTimer();
    stream.once('close', () => this.#handleStreamClosed(stream.rstCode));
    if (headers[':method'] === 'CONNECT') {
      const { maxHeaderBytes } = this.#parts;
      this.#parts.handleAttempt(
        new Http2Attempt({ stream, rawHeaders, maxHeaderBytes, source: this.#source }),
      );
    } else this.#parts.handleRequest(request);
  }

  #handleStreamClosed(rstCode: number | undefined): void {
    this.#openStreams--;
    if (rstCode !== constants.NGHTTP2_NO_ERROR && !this.#resets.take()) this.#calm();
    if (this.#openStreams > 0 || this.#socket.destroyed) return;
    if (this.#session.closed || this.#session.destroyed) this.#linger();
    else this.#cancelTimer = this.#parts.clock.setTimer(() => this.end(), idleTimeoutMs);
  }

  #countControlFrame(): void {
    if (!this.#controlFrames.take()) this.#calm();
  }

  /** RFC 9113 §10.5. */
  #calm(): void {
    if (this.#isCalmed) return;
    this.#isCalmed = true;
    if (!this.#session.destroyed) this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // Not at once: while streams that the client has reset are closing, `node:http2` would go round in circles for ever.
    setImmediate(() => {
      this.#session.destroy(
        new Error('the client floods its connection'),
        constants.NGHTTP2_ENHANCE_YOUR_CALM,
      );
      this.#linger();
    });
  }

  /** What was written last has a moment to leave; a client that keeps its side open is not waited for. */
  #linger(): void {
    this.#cancelTimer();
    if (this.#socket.destroyed) return;
    this.#cancelTimer = this.#parts.clock.setTimer(() => this.#socket.destroy(), lingerMs);
    this.#socket.once('close', () => this.#cancelTimer());
  }
}

type StreamEvent = [
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
];

function ignore(): void {}

/** How many WebSocket connections and requests may be open on one connection: what RFC 9113 §6.5.2 recommends at least. */
const maxConcurrentStreams = 100;
/** What all streams of a connection may have under way to us. What one of them may is the 64 KiB of RFC 9113 §6.9.2. */
const connectionWindowBytes = 1024 * 1024;
/** What `node:http2` may keep in memory for a connection before it turns new streams away. */
const maxSessionMegabytes = 10;
/** RFC 9113 §6.5.2: what each field counts for beyond its name and value. */
const fieldOverheadBytes = 32;
/** Streams that end by a reset, against those who open and reset streams to make us work (CVE-2023-44487). */
const resetLimits = { burst: 400, perSecond: 100 } as const;
/** Pings and settings, each of which we have to answer. */
const controlFrameLimits = { burst: 100, perSecond: 20 } as const;
/** How long a connection may have no stream. */
const idleTimeoutMs = 60_000;
/** How long an ended connection has to be gone. */
const lingerMs = 1_000;
