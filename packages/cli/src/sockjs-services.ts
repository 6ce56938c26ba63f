import type { HttpHandlers, Routes } from 'ieum';
import { createSockJs, type SockJs, type SockJsRequest, type SockJsService } from 'ieum/dialects/sockjs';

import type { Authentication, ServedUser } from './auth/authentication.js';
import type { Log } from './log.js';
import { originPolicyFor } from './origin-list.js';
import type { ServeFlags } from './serve-options.js';

export interface SockJsServicesParts {
  readonly flags: ServeFlags;
  readonly authentication: Authentication;
  /** What is spoken on `/sockjs/hub`. */
  readonly hub: SockJsService;
  /** What is spoken on `/sockjs/stomp`. */
  readonly stomp: SockJsService;
  readonly log: Log;
}

/** What `ieum serve` has for clients of SockJS: `/sockjs/echo`, `/sockjs/hub` and `/sockjs/stomp`. */
export class SockJsServices {
  readonly http: HttpHandlers;
  readonly routes: Routes<ServedUser>;
  readonly #services: readonly SockJs[];

  constructor({ flags, authentication, hub, stomp, log }: SockJsServicesParts) {
    const { maxMessageBytes } = flags;
    const shared = {
      allowOrigin: originPolicyFor(flags.allowOrigin ?? []),
      ...(maxMessageBytes === undefined ? {} : { maxBodyBytes: maxMessageBytes }),
      reportError: (error: unknown) =>
        log.error(error instanceof Error ? (error.stack ?? error.message) : String(error), {
          event: 'error',
        }),
    };
    const authenticate = async (request: SockJsRequest) =>
      !authentication.isRequired ||
      (await authentication.authenticate(sockJsTokenOf(request), request)) !== null;
    const echo = createSockJs({ ...shared, prefix: '/sockjs/echo', service: echoService, authenticate });
    // A hub asks for the token itself: clients can give it when they are connected.
    const native = createSockJs({
      ...shared,
      prefix: '/sockjs/hub',
      service: hub,
      binaryMessages: 'base64',
    });
    const overStomp = createSockJs({ ...shared, prefix: '/sockjs/stomp', service: stomp });
    this.#services = [echo, native, overStomp];
    this.http = { ...echo.http, ...native.http, ...overStomp.http };
    this.routes = { ...echo.routes, ...native.routes, ...overStomp.routes };
  }

  /** Tells clients over HTTP that the server goes away, and lets no more in. */
  async close(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.close()));
  }
}

/** The token that a session is opened with: in `Authorization: Bearer`, or the parameter `access_token` (RFC 6750 §2). */
export function sockJsTokenOf(request: SockJsRequest): string | null {
  const bearer = /^Bearer +([\w.~+/=-]+) *$/i.exec(request.header('authorization') ?? '')?.[1];
  return bearer ?? request.query.get('access_token');
}

const echoService: SockJsService = { message: (channel, message) => channel.send(message) };
