import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import type { CreatedOpeningRequest } from '../../core/handshake/client-handshake.js';

import { discard } from '../dial/socket-stage.js';
import { openTransport } from '../transport/open-transport.js';

import { exchangeOpening } from './opening-exchange.js';
import type { AttemptLimits, OpeningResult } from './opening-result.js';
import { isFollowed } from './redirect.js';
import { readRefusalBody } from './refusal-body.js';

/** Asks for an upgrade of a connection of HTTP/1.1 (RFC 6455 §4.1). The socket is destroyed unless it is accepted. */
export async function openOverHttp1(
  socket: Socket,
  { text, expectation }: CreatedOpeningRequest,
  limits: AttemptLimits,
): Promise<OpeningResult> {
  const answer = await exchangeOpening(socket, text, expectation, limits);
  if (answer.type === 'accepted') {
    const { subprotocol, extensions, head } = answer;
    const stream = {
      subprotocol,
      extensions,
      head,
      address: socket.remoteAddress ?? '',
      tls: socket instanceof TLSSocket ? socket : null,
      openTransport: (access: Parameters<typeof openTransport>[1]) => openTransport(socket, access),
    };
    return { type: 'accepted', stream };
  }
  const { status, headers, rest } = answer;
  const isRead = !isFollowed(status, limits);
  const body = isRead ? await readRefusalBody(socket, headers, rest, limits.signal) : '';
  discard(socket);
  return { type: 'refused', answer: { status, headers, body } };
}
