import { once } from 'node:events';
import http from 'node:http';

import type { ServerOptions } from 'ieum';
import { createSockJs, type SockJs, type SockJsOptions, type SockJsService } from 'ieum/dialects/sockjs';
import { onTestFinished } from 'vitest';

import { serve } from './serve.js';

export const echoService: SockJsService = { message: (channel, message) => channel.send(message) };
export const closeService: SockJsService = { open: (channel) => void channel.close(3000, 'Go away!') };

/** One service, and clients of it that speak HTTP by hand. */
export interface ServedSockJs {
  readonly sockJs: SockJs;
  readonly port: number;
  readonly wire: SockJsWire;
  /** What server and service reported. */
  readonly errors: readonly unknown[];
}

/** Serves one service below `/s` until the test is over; by default it echoes, and lets every page in. */
export async function serveSockJs(
  options: Partial<SockJsOptions> = {},
  serverOptions: Partial<ServerOptions<undefined>> = {},
): Promise<ServedSockJs> {
  const errors: unknown[] = [];
  const reportError = (error: unknown) => void errors.push(error);
  const sockJs = createSockJs({
    prefix: '/s',
    service: echoService,
    allowOrigin: 'any',
    reportError,
    ...options,
  });
  const { port } = await serve<undefined>({ allowOrigin: 'any', reportError, ...sockJs, ...serverOptions });
  const wire = new SockJsWire(port);
  onTestFinished(() => {
    wire.destroy();
    void sockJs.close();
  });
  return { sockJs, port, wire, errors };
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

/** Requests to a port, by hand. */
export class SockJsWire {
  readonly #port: number;
  readonly #agent = new http.Agent({ keepAlive: true });

  constructor(port: number) {
    this.#port = port;
  }

  get(path: string, options?: AskOptions): Promise<Reply> {
    return this.ask('GET', path, options);
  }

  post(path: string, body: string | Uint8Array = '', headers: http.OutgoingHttpHeaders = {}): Promise<Reply> {
    return this.ask('POST', path, { body, headers });
  }

  async ask(method: string, path: string, options: AskOptions = {}): Promise<Reply> {
    const response = await this.#send(method, path, options);
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += chunk;
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  }

  /** Begins a request whose response is read as it comes. */
  async stream(method: string, path: string, options: AskOptions = {}): Promise<WireStream> {
    return new WireStream(await this.#send(method, path, options));
  }

  /** Begins a request and does not wait for its response; `abort` drops its connection. */
  begin(method: string, path: string): { readonly abort: () => void; readonly reply: Promise<Reply> } {
    const request = http.request({ port: this.#port, host: '127.0.0.1', method, path });
    request.on('error', () => {});
    request.end();
    const reply = once(request, 'response').then(async ([response]) => {
      let body = '';
      for await (const chunk of (response as http.IncomingMessage).setEncoding('utf8')) body += chunk;
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    });
    reply.catch(() => {});
    return { abort: () => request.destroy(), reply };
  }

  /** Polls, on a connection of its own; resolves when the poll waits for a frame. */
  async waitingPoll(path: string): Promise<{ readonly abort: () => void; readonly reply: Promise<Reply> }> {
    const polls = [this.begin('POST', path), this.begin('POST', path)];
    const refused = await Promise.race(polls.map(async (poll) => (await poll.reply) && poll));
    return polls.find((poll) => poll !== refused) as (typeof polls)[number];
  }

  destroy(): void {
    this.#agent.destroy();
  }

  async #send(
    method: string,
    path: string,
    { headers = {}, body }: AskOptions,
  ): Promise<http.IncomingMessage> {
    const request = http.request({
      port: this.#port,
      host: '127.0.0.1',
      method,
      path,
      headers: body === undefined ? headers : { 'Content-Length': Buffer.byteLength(body), ...headers },
      agent: this.#agent,
    });
    request.on('error', () => {});
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return response;
  }
}

/** A response that comes piece by piece. */
export class WireStream {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly ended: Promise<void>;
  readonly #response: http.IncomingMessage;
  #text = '';
  #hasEnded = false;
  #wake: () => void = () => {};

  constructor(response: http.IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.on('error', () => {});
    response.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      response.once('close', () => {
        this.#hasEnded = true;
        this.#wake();
        resolve();
      });
    });
  }

  /** Takes the next piece up to and with `end`; what there is when the response ends before. */
  async take(end = '\n'): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(end);
      if (at !== -1) return this.#cut(at + end.length);
      if (this.#hasEnded) return this.#cut(this.#text.length);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  /** Drops the connection. */
  abort(): void {
    this.#response.destroy();
  }

  #cut(length: number): string {
    const piece = this.#text.slice(0, length);
    this.#text = this.#text.slice(length);
    return piece;
  }
}
