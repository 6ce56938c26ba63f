import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

import { HeaderFields } from '../core/handshake/header-fields.js';
import type { OpeningRequestShape } from '../core/handshake/server-handshake.js';

import type { ProxiedConnections } from './admission/proxied-connections.js';
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

/** A request to upgrade, and the connection that it came on. */
export interface UpgradeAttempt {
  readonly head: OpeningRequestShape;
  readonly source: ClientSource;
  /** Bytes that came behind the head. */
  readonly rest: Uint8Array;
  /** Takes the connection over. Called once. */
  openTransport(access: SocketAccess): Transport;
}

/** An upgrade as `node:http` hands it over. */
export function upgradeOf(
  message: IncomingMessage,
  socket: Duplex,
  rest: Uint8Array,
  proxied: ProxiedConnections,
): UpgradeAttempt {
  return {
    head: headOf(message),
    source: sourceOf(socket as Socket, proxied),
    rest,
    openTransport: (access) => openTransport(socket, access),
  };
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

function sourceOf(socket: Socket, proxied: ProxiedConnections): ClientSource {
  const header = proxied.get(socket);
  const tls = socket instanceof TLSSocket ? socket : null;
  return {
    remoteAddress: header?.source?.address ?? socket.remoteAddress,
    secure: tls !== null || header?.tls === true,
    tls,
  };
}
