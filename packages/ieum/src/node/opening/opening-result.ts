import type { TLSSocket } from 'node:tls';

import type { ExtensionOffer } from '../../core/handshake/extension-list.js';

import type { SocketAccess, Transport } from '../transport/transport.js';

import type { HandshakeAnswer } from './handshake-error.js';

/** A byte stream that a server has accepted an opening handshake on, whichever version of HTTP carried that. */
export interface AcceptedStream {
  readonly subprotocol: string | undefined;
  readonly extensions: readonly ExtensionOffer[];
  /** Bytes that came behind the handshake. */
  readonly head: Uint8Array;
  /** The server's IP address; empty on a Unix socket. */
  readonly address: string;
  /** Null without TLS. */
  readonly tls: TLSSocket | null;
  /** Takes the byte stream over. Called once. */
  openTransport(access: SocketAccess): Transport;
}

/** What a server made of one request to open a connection. */
export type OpeningResult =
  | { readonly type: 'accepted'; readonly stream: AcceptedStream }
  | { readonly type: 'refused'; readonly answer: HandshakeAnswer };

/** What holds for one attempt to connect, redirects and all. */
export interface AttemptLimits {
  readonly signal: AbortSignal;
  readonly maxHeaderBytes: number;
  readonly maxRedirects: number;
}
