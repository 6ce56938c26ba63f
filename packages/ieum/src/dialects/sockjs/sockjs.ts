import type { HttpHandler } from '../../channel/http-exchange.js';
import { checkClose } from '../../core/close.js';
import { CloseCode } from '../../core/close-code.js';

import { HttpEndpoint } from './http-endpoint.js';
import { SessionTable } from './session-table.js';
import { type SockJsOptions, settingsOf } from './sockjs-options.js';
import { createWebSocketRoute, type SockJsRoute } from './websocket-route.js';

/**
 * A service that clients of SockJS 0.3.3 reach below a prefix, over WebSocket and over HTTP: options of a server.
 * `createServer({ ...createSockJs({ prefix: '/echo', service }) })`; the `http` and `routes` of several are merged.
 */
export class SockJs {
  readonly http: Readonly<Record<string, HttpHandler>>;
  readonly routes: Readonly<Record<string, SockJsRoute>>;
  readonly #sessions: SessionTable;

  /** Made by `createSockJs`. */
  constructor(options: SockJsOptions) {
    const settings = settingsOf(options);
    const { prefix } = settings;
    this.#sessions = new SessionTable(settings);
    const endpoint = new HttpEndpoint(settings, this.#sessions);
    const handle: HttpHandler = (exchange) => endpoint.handle(exchange);
    this.http = { [prefix]: handle, [`${prefix}/*`]: handle };
    this.routes = settings.webSocket ? { [`${prefix}/*`]: createWebSocketRoute(settings) } : {};
  }

  /** How many sessions there are over HTTP. Those over WebSocket are peers of the server. */
  get httpSessions(): number {
    return this.#sessions.size;
  }

  /**
   * Closes all sessions over HTTP, and opens no more: new ones get 503. To be called when the server begins to drain, which
   * closes those over WebSocket. Resolves when every client was told, or is gone.
   *
   * @param code 1000–1003, 1007–1014 or 3000–4999. Default 1001
   * @param reason at most 123 bytes of UTF-8
   * @throws UsageError `ERR_WS_INVALID_CLOSE_CODE`, `ERR_WS_INVALID_CLOSE_REASON`
   */
  close(code: number = CloseCode.GoingAway, reason = ''): Promise<void> {
    return this.#sessions.close(checkClose(code, reason));
  }
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` */
export function createSockJs(options: SockJsOptions): SockJs {
  return new SockJs(options);
}
