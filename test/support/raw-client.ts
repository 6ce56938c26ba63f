import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';

import { onTestFinished } from 'vitest';

import { describeFrame, type ServerFrame, takeServerFrame } from './server-frames.js';

/** An HTTP response as it came, and what followed it. */
export interface RawResponse {
  readonly statusLine: string;
  readonly status: number;
  /** The value of a field; undefined when it is not there. Repeated fields are joined with `, `. */
  field(name: string): string | undefined;
  readonly body: string;
}

export type RawTarget = net.NetConnectOpts | tls.ConnectionOptions;

/** A client that knows no rules: it sends the bytes it is given and keeps what comes back. Gone when the test is. */
export class RawClient {
  readonly socket: Socket;
  /** The server's FIN has arrived. */
  hasEnded = false;
  isClosed = false;
  error: NodeJS.ErrnoException | null = null;
  /** The opening handshake's response is off the front of it. */
  #received: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #changed: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('data', (chunk) => this.#chunks.push(chunk));
    socket.on('end', () => {
      this.hasEnded = true;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    for (const event of ['data', 'end', 'close']) socket.on(event, () => this.#changed());
  }

  /** Connects to a port of the loopback address, or wherever the options say; with TLS when they have `servername`. */
  static async connect(target: number | RawTarget): Promise<RawClient> {
    const options = typeof target === 'number' ? { port: target } : target;
    const where = { host: '127.0.0.1', allowHalfOpen: true, ...options } as net.NetConnectOpts;
    const isSecure = 'servername' in options;
    const socket = isSecure ? tls.connect(where as tls.ConnectionOptions) : net.connect(where);
    socket.setNoDelay(true);
    const client = new RawClient(socket);
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, isSecure ? 'secureConnect' : 'connect');
    return client;
  }

  /** Connects, sends an opening handshake and waits for its 101. */
  static async open(target: number | RawTarget, request: RequestOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(target);
    client.send(openingRequest(request));
    const { status, body } = await client.response();
    if (status !== 101) throw new Error(`${status} ${body}`);
    return client;
  }

  send(...parts: readonly (string | Uint8Array)[]): void {
    const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
    this.socket.write(Buffer.concat(bytes));
  }

  /** Bytes that came and were not asked for yet. */
  get pending(): Buffer {
    this.#received = Buffer.concat([this.#received, ...this.#chunks]);
    this.#chunks = [];
    return this.#received;
  }

  /** The next response: with the whole body unless it is a 101. */
  async response(): Promise<RawResponse> {
    await this.until(() => this.pending.includes('\r\n\r\n') || this.isClosed, 'a response');
    const all = this.pending.toString('latin1');
    const headLength = all.indexOf('\r\n\r\n') + 4;
    const response = parseHead(all.slice(0, headLength));
    if (headLength < 4)
      throw new Error(`No response: ${this.error?.code ?? 'closed'} after ${all.length} bytes`);
    this.#received = this.pending.subarray(headLength);
    if (response.status === 101) return response;
    const bodyLength = Number(response.field('Content-Length') ?? 0);
    await this.until(() => this.pending.length >= bodyLength || this.isClosed, 'a body');
    const body = this.pending.subarray(0, bodyLength).toString();
    this.#received = this.pending.subarray(bodyLength);
    return { ...response, body };
  }

  /** Resolves with the next `count` frames. */
  async frames(count: number): Promise<ServerFrame[]> {
    const frames: ServerFrame[] = [];
    while (frames.length < count) {
      const frame = this.#takeFrame();
      if (frame !== null) frames.push(frame);
      else {
        const before = this.pending.length;
        if (this.isClosed) throw new Error(`Closed after ${frames.length} of ${count} frames`);
        await this.until(() => this.isClosed || this.pending.length > before, `${count} frames`);
      }
    }
    return frames;
  }

  /** The next frame as `text hello`, `close 1000 reason`, `pong 6869`. */
  async frame(): Promise<string> {
    const [frame] = await this.frames(1);
    return describeFrame(frame as ServerFrame);
  }

  /** Resolves when the server has ended its side and nothing is left to come. */
  end(): Promise<void> {
    return this.until(() => this.hasEnded || this.isClosed, 'the end');
  }

  /** Sends a TCP reset. */
  reset(): void {
    this.socket.resetAndDestroy();
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

  #takeFrame(): ServerFrame | null {
    const taken = takeServerFrame(this.pending);
    if (taken === null) return null;
    this.#received = taken.rest;
    return taken.frame;
  }
}

export interface RequestOptions {
  readonly target?: string;
  readonly method?: string;
  readonly version?: string;
  /** Fields to change, to repeat (`['a', 'b']`) or to leave out (`[]`). */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Behind the head. */
  readonly body?: string;
}

/** An opening handshake, right unless changed. */
export function openingRequest(options: RequestOptions = {}): string {
  const { target = '/', method = 'GET', version = '1.1', headers = {}, body = '' } = options;
  const fields: Record<string, string | readonly string[]> = { ...correctFields, ...headers };
  const lines = Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}\r\n`),
  );
  return `${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n${body}`;
}

/** What the server answers to a request on a connection of its own. */
export async function ask(
  target: number | RawTarget,
  request: RequestOptions | string = {},
): Promise<RawResponse> {
  const client = await RawClient.connect(target);
  client.send(typeof request === 'string' ? request : openingRequest(request));
  const response = await client.response();
  client.socket.destroy();
  return response;
}

function parseHead(head: string): RawResponse {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const earlier = fields.get(name);
    if (colon > 0) fields.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  const status = Number(statusLine.split(' ')[1]);
  return { statusLine, status, field: (name) => fields.get(name.toLowerCase()), body: '' };
}

const correctFields: Readonly<Record<string, string>> = {
  Host: 'localhost',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
