import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

import { HeaderFields } from '../core/handshake/header-fields.js';
import type { Answer, Offer } from '../core/handshake/negotiation.js';
import type { Refusal } from '../core/handshake/refusal.js';
import {
  checkOpeningRequest,
  formatSwitchingProtocols,
  type OpeningRequest,
  type OpeningRequestShape,
} from '../core/handshake/server-handshake.js';

import type { ProxiedConnections } from './admission/proxied-connections.js';
import { writeHttp1Refusal } from './refusing.js';
import { openTransport } from './transport/open-transport.js';
import type { SocketAccess, Transport } from './transport/transport.js';

/** Where a request came from, as our end of the connection knows it. */
export interface ClientSource {
  /** Undefined on a Unix socket. */
  readonly remoteAddress: string | undefined;
  /** Whether it came encrypted, to us or to who put a PROXY header before it. */
  readonly secure: boolean;
  /** Null without TLS, and when another process ended it. */
  readonly tls: TLSSocket | null;
}

/** What a client asks for, whichever version of HTTP its opening handshake came over. */
export interface Opening extends Offer {
  /** The host, and perhaps port, that the request was sent to. */
  readonly host: string;
  /** Path and query, never empty. */
  readonly path: string;
}

export type OpeningCheck =
  | { readonly type: 'opening'; readonly request: Opening; readonly headers: HeaderFields }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** An opening handshake, and the byte stream that it came on. */
export interface UpgradeAttempt {
  readonly source: ClientSource;
  readonly httpVersion: '1.1' | '2';
  /** Bytes that came behind the head. */
  readonly rest: Uint8Array;
  /**
   * Whether it is well-formed. Called before it is answered.
   *
   * @param takesDrafts whether what is at a request target is for clients of drafts of RFC 6455 too
   */
  check(takesDrafts: (target: string) => boolean): OpeningCheck;
  /** Takes the byte stream over. Called once. */
  openTransport(access: SocketAccess): Transport;
  /**
   * Accepts.
   *
   * @throws UsageError for an answer that cannot be given: `ERR_WS_INVALID_SUBPROTOCOL`, `ERR_WS_INVALID_EXTENSION`,
   *   `ERR_WS_INVALID_HEADER`
   */
  writeAnswer(transport: Transport, answer: Answer): void;
  /** Refuses, and ends our side of the transport; false when not all of it could be written at once. */
  writeRefusal(transport: Transport, refusal: Refusal): boolean;
}

export interface Http1AttemptParts {
  readonly head: OpeningRequestShape;
  readonly source: ClientSource;
  readonly rest: Uint8Array;
  readonly openTransport: (access: SocketAccess) => Transport;
}

/** A request to upgrade a connection of HTTP/1.1. */
export class Http1Attempt implements UpgradeAttempt {
  readonly source: ClientSource;
  readonly httpVersion = '1.1';
  readonly rest: Uint8Array;
  readonly #parts: Http1AttemptParts;
  #opening: OpeningRequest | null = null;

  constructor(parts: Http1AttemptParts) {
    this.source = parts.source;
    this.rest = parts.rest;
    this.#parts = parts;
  }

  check(takesDrafts: (target: string) => boolean): OpeningCheck {
    const { head } = this.#parts;
    const check = checkOpeningRequest(head, takesDrafts(head.target));
    if (check.type === 'refused') return check;
    this.#opening = check.request;
    return { type: 'opening', request: check.request, headers: head.headers };
  }

  openTransport(access: SocketAccess): Transport {
    return this.#parts.openTransport(access);
  }

  writeAnswer(transport: Transport, answer: Answer): void {
    const response = formatSwitchingProtocols(this.#opening as OpeningRequest, answer);
    transport.write([Buffer.from(response, 'latin1')]);
  }

  writeRefusal(transport: Transport, refusal: Refusal): boolean {
    return writeHttp1Refusal(transport, refusal);
  }
}

/** An upgrade as `node:http` hands it over. */
export function upgradeOf(
  message: IncomingMessage,
  socket: Duplex,
  rest: Uint8Array,
  proxied: ProxiedConnections,
): UpgradeAttempt {
  return new Http1Attempt({
    head: headOf(message),
    source: sourceOf(socket as Socket, proxied),
    rest,
    openTransport: (access) => openTransport(socket, access),
  });
}

/** Whether a TCP connection was reset: our end has its address still, the system has forgotten whose the other was. */
export function isReset({ localAddress, remoteAddress }: Socket): boolean {
  return remoteAddress === undefined && localAddress !== undefined;
}

/** The head of a request as `node:http` read it. */
export function headOf(message: IncomingMessage): OpeningRequestShape {
  return {
    method: message.method ?? '',
    target: message.url ?? '',
    version: message.httpVersion,
    headers: HeaderFields.fromRaw(message.rawHeaders),
  };
}

/** Where a connection came from. */
export function sourceOf(socket: Socket, proxied: ProxiedConnections): ClientSource {
  const header = proxied.get(socket);
  const tls = socket instanceof TLSSocket ? socket : null;
  return {
    remoteAddress: header?.source?.address ?? socket.remoteAddress,
    secure: tls !== null || header?.tls === true,
    tls,
  };
}
