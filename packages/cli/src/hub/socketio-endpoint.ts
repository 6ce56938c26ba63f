import type { HttpHandlers, Route, Routes } from 'ieum';
import { Server, type Socket } from 'ieum/dialects/socketio';
import type { Hub } from 'ieum/hub';

import type { Authentication, ServedUser, TokenIdentity, TokenUser } from '../auth/authentication.js';
import { originPolicyFor } from '../origin-list.js';
import type { ServeFlags } from '../serve-options.js';

import { SocketIoSession } from './socketio-session.js';

export interface SocketIoEndpointParts {
  readonly flags: ServeFlags;
  readonly authentication: Authentication;
  readonly hub: Hub<TokenUser>;
  readonly reportError: (error: unknown) => void;
}

/** What `ieum serve` has for clients of Socket.IO: topics of the hub, by events. */
export class SocketIoEndpoint {
  readonly http: HttpHandlers;
  readonly routes: Routes<ServedUser>;
  readonly #server: Server;

  constructor({ flags, authentication, hub, reportError }: SocketIoEndpointParts) {
    const { maxMessageBytes } = flags;
    const policy = originPolicyFor(flags.allowOrigin ?? []);
    const origin =
      typeof policy === 'function'
        ? (asked: string) => policy(asked, { origin: asked, host: '', secure: false } as never)
        : policy === 'any';
    this.#server = new Server({
      cors: { origin },
      // Requests of one session would come to several processes, of which one knows it.
      ...(flags.workers === 1 ? {} : { transports: ['websocket'] as const }),
      ...(maxMessageBytes === undefined ? {} : { maxHttpBufferSize: maxMessageBytes }),
      reportError,
    });
    const identities = new WeakMap<Socket, TokenIdentity>();
    this.#server.use(async (socket, next) => {
      const { address } = socket.request;
      const identity = await authentication.authenticate(tokenFrom(socket), { address });
      if (identity === null)
        next(Object.assign(new Error('a token is needed'), { data: { code: 'ERR_HUB_UNAUTHENTICATED' } }));
      else {
        identities.set(socket, identity);
        next();
      }
    });
    this.#server.on('connection', (socket) => {
      const identity = identities.get(socket);
      if (identity === undefined) return;
      const authenticate = (token: string) =>
        authentication.authenticate(token, { address: socket.request.address });
      SocketIoSession.open(socket, { hub, identity, authenticate, reportError });
    });
    this.http = this.#server.endpoints.http;
    this.routes = this.#server.endpoints.routes as Readonly<Record<string, Route<ServedUser>>>;
  }

  /** Tells clients that the server goes away, and lets no more in. */
  async close(): Promise<void> {
    await this.#server.close();
  }
}

/** The token that a client gives: as `auth.token`, in `Authorization: Bearer`, or as the parameter `access_token` (RFC 6750 §2). */
function tokenFrom({ handshake, request }: Socket): string | null {
  const { token } = handshake.auth as { readonly token?: unknown };
  if (typeof token === 'string') return token;
  const bearer = /^Bearer +([\w.~+/=-]+) *$/i.exec(request.header('authorization') ?? '')?.[1];
  return bearer ?? request.query.get('access_token');
}
