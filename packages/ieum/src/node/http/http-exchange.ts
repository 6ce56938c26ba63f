import { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type {
  ExchangeRequest,
  HttpExchange,
  ResponseBody,
  ResponseHeaders,
  WholeResponse,
} from '../../channel/http-exchange.js';
import { NodeResponseBody } from './response-body.js';

/** An exchange over `node:http`, or over `node:http2` by its compatible classes. */
export class NodeHttpExchange implements HttpExchange {
  readonly request: ExchangeRequest;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();

  constructor(request: ExchangeRequest, message: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#message = message;
    this.#response = response;
    message.on('error', ignore);
    response.on('error', ignore);
    response.once('close', () => this.#gone.abort());
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  readBody(maxBytes: number): Promise<Uint8Array | 'too-large' | 'gone'> {
    const message = this.#message;
    if (Number(message.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve('too-large');
    const chunks: Buffer[] = [];
    let byteLength = 0;
    return new Promise((resolve) => {
      const settle = (outcome: Uint8Array | 'too-large' | 'gone') => {
        message.off('data', read).off('end', end).off('close', leave);
        resolve(outcome);
      };
      const read = (chunk: Buffer) => {
        byteLength += chunk.byteLength;
        chunks.push(chunk);
        if (byteLength <= maxBytes) return;
        message.pause();
        settle('too-large');
      };
      const end = () => settle(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
      const leave = () => settle('gone');
      if (message.destroyed || this.#response.destroyed) {
        leave();
        return;
      }
      message.on('data', read).once('end', end).once('close', leave);
    });
  }

  respond({ status, headers, body = '' }: WholeResponse): void {
    if (this.#isOver) return;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const mayHaveBody = status !== 204 && status !== 304;
    this.#writeHead(
      status,
      mayHaveBody ? [...headers, ['Content-Length', String(bytes.byteLength)]] : headers,
    );
    this.#response.end(mayHaveBody && this.request.method !== 'HEAD' ? bytes : undefined);
  }

  begin(status: number, headers: ResponseHeaders): ResponseBody {
    if (!this.#isOver) {
      this.#writeHead(status, headers);
      this.#response.flushHeaders();
    }
    return new NodeResponseBody(this.#response);
  }

  get #isOver(): boolean {
    return this.#response.destroyed || this.#response.headersSent;
  }

  #writeHead(status: number, headers: ResponseHeaders): void {
    const response = this.#response;
    for (const [name, value] of headers) response.appendHeader(name, value);
    // What is left of the body would be taken for the next request, or read to no purpose.
    if (!this.#message.complete && response.req?.httpVersionMajor === 1 && this.#hasBody) {
      response.setHeader('Connection', 'close');
    }
    response.statusCode = status;
  }

  get #hasBody(): boolean {
    const { headers } = this.#message;
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  }
}

function ignore(): void {}
