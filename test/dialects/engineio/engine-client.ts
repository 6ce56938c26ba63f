import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

import type { createServer } from 'ieum';
import { createEngineIoDialect, type EngineIoDialect, type EngineIoOptions } from 'ieum/dialects/engineio';
import { onTestFinished } from 'vitest';
import { type RawData, WebSocket } from 'ws';

import { serve } from '../../support/serve.js';

/** What a server says to a request. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** A server that speaks Engine.IO, and a client that says to it exactly what a test tells. */
export class EngineStage {
  readonly dialect: EngineIoDialect;
  readonly errors: readonly unknown[];
  readonly #url: string;

  private constructor(dialect: EngineIoDialect, url: string, errors: readonly unknown[]) {
    this.dialect = dialect;
    this.#url = url;
    this.errors = errors;
  }

  /** By default it echoes, and is quick to notice who is gone. */
  static async start(
    options: EngineIoOptions = {},
    more: Partial<Parameters<typeof createServer>[0]> = {},
  ): Promise<EngineStage> {
    const errors: unknown[] = [];
    const dialect = createEngineIoDialect({
      message: (socket, data) => void socket.send(data),
      pingIntervalMs: 300,
      pingTimeoutMs: 200,
      reportError: (error) => errors.push(error),
      ...options,
    });
    const { port } = await serve<unknown>({ ...dialect.endpoints, ...more });
    const path = options.path ?? '/engine.io/';
    return new EngineStage(dialect, `127.0.0.1:${port}${path}`, errors);
  }

  async request(query: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(`http://${this.#url}?${query}`, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  }

  /** Opens a session by polling; its id. */
  async open(): Promise<string> {
    const { body } = await this.request('EIO=4&transport=polling');
    return (JSON.parse(body.slice(1)) as { readonly sid: string }).sid;
  }

  poll(sid: string, init: RequestInit = {}): Promise<Reply> {
    return this.request(`EIO=4&transport=polling&sid=${sid}`, init);
  }

  post(sid: string, body: string | Uint8Array<ArrayBuffer>): Promise<Reply> {
    return this.poll(sid, { method: 'POST', body });
  }

  /** Opens a WebSocket connection, with what came over it. */
  connect(query = 'EIO=4&transport=websocket'): EngineWire {
    const socket = new WebSocket(`ws://${this.#url}?${query}`);
    onTestFinished(() => socket.terminate());
    return new EngineWire(socket);
  }
}

/** A WebSocket connection that says to a server what a test tells. */
export class EngineWire {
  readonly socket: WebSocket;
  readonly #received: (string | Uint8Array)[] = [];
  readonly closed: Promise<number>;
  /** The status and the body with which the handshake was refused. */
  readonly refused: Promise<readonly [status: number, body: string]>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: RawData, isBinary: boolean) => {
      this.#received.push(isBinary ? new Uint8Array(data as Buffer) : String(data));
      socket.emit('received');
    });
    this.refused = once(socket, 'unexpected-response').then(async ([, response]) => {
      const { statusCode } = response as IncomingMessage;
      const body = String(await (response as IncomingMessage).setEncoding('utf8').toArray());
      socket.emit('close', 1006);
      return [statusCode ?? 0, body] as const;
    });
    this.refused.catch(() => {});
    this.closed = once(socket, 'close').then(([code]) => code as number);
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, 'open');
    return this;
  }

  send(data: string | Uint8Array): void {
    this.socket.send(data);
  }

  /** The next message that nobody asked for yet. */
  async next(): Promise<string | Uint8Array> {
    while (this.#received.length === 0) await once(this.socket, 'received');
    return this.#received.shift() as string | Uint8Array;
  }

  /** The next text message that is no ping; pings are answered. */
  async nextText(): Promise<string> {
    for (;;) {
      const data = await this.next();
      if (data === '2') this.send('3');
      else return String(data);
    }
  }
}
