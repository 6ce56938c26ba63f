import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { HttpHandler } from '../../channel/http-exchange.js';
import { type Refusal, refuse } from '../../core/handshake/refusal.js';
import { parseRequestTarget } from '../../core/handshake/request-target.js';

import { pathOf, type UpgradeRequest } from '../upgrade-request.js';
import { exchangeRequestOf } from './exchange-request.js';
import { NodeHttpExchange } from './http-exchange.js';
import { type HttpHandlers, HttpRoutes } from './http-routes.js';

export interface HttpEndpointsParts {
  readonly handlers: HttpHandlers;
  /** What answers all other requests; undefined for 404. */
  readonly others: RequestListener | undefined;
  /** Who asks, and for what; a refusal when that cannot be told, or the host is not ours. */
  readonly describe: (message: IncomingMessage) => UpgradeRequest | Refusal;
  readonly reportError: (error: unknown) => void;
}

/** Answers the HTTP requests that have a handler, and leaves others to the application. */
export class HttpEndpoints {
  readonly #routes: HttpRoutes;
  readonly #parts: HttpEndpointsParts;

  /** @throws UsageError `ERR_WS_INVALID_OPTION` */
  constructor(parts: HttpEndpointsParts) {
    this.#routes = new HttpRoutes(parts.handlers);
    this.#parts = parts;
  }

  /** Whether a request target has a handler. */
  has(target: string): boolean {
    return this.#find(target) !== undefined;
  }

  /** What listens for requests; undefined when there is nothing that could answer one. */
  get listener(): RequestListener | undefined {
    const { handlers, others } = this.#parts;
    if (Object.keys(handlers).length === 0) return others;
    return (message, response) => this.#handle(message, response);
  }

  /** Answers a request that asked for an upgrade, and ends the connection. Only for targets that have a handler. */
  answerUpgrade(message: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(message);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.end(() => socket.destroy()));
    // Nothing that follows is read; that the client leaves is noticed.
    socket.once('end', () => socket.destroy()).resume();
    this.#handle(message, response as ServerResponse & { req: IncomingMessage });
  }

  #handle(...[message, response]: Parameters<RequestListener>): void {
    const handler = this.#find(message.url ?? '');
    if (handler !== undefined) void this.#exchange(handler, message, response);
    else if (this.#parts.others !== undefined) this.#parts.others(message, response);
    else answer(response, refuse(404, 'nothing here'));
  }

  async #exchange(handler: HttpHandler, message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const request = this.#parts.describe(message);
      if ('status' in request) {
        answer(response, request);
        return;
      }
      const version =
        message.httpVersion === '1.0' || message.httpVersion === '2.0' ? message.httpVersion : '1.1';
      const described = exchangeRequestOf(request, message.method ?? 'GET', version);
      await handler(new NodeHttpExchange(described, message, response));
    } catch (error) {
      this.#parts.reportError(error);
      if (response.headersSent) response.destroy();
      else answer(response, refuse(500, 'the request could not be answered'));
    }
  }

  #find(target: string): HttpHandler | undefined {
    const resource = parseRequestTarget(target)?.path;
    return resource === undefined ? undefined : this.#routes.find(pathOf(resource));
  }
}

function answer(response: ServerResponse, { status, reason, headers }: Refusal): void {
  response.on('error', ignore);
  for (const [name, value] of headers) response.appendHeader(name, value);
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.statusCode = status;
  response.end(`${reason}\n`);
}

function ignore(): void {}
