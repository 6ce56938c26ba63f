import type { Peer } from 'ieum';

import { visible } from './visible-text.js';

/** What was agreed on in an opening handshake, in one line. Safe for a terminal. */
export function describeOpening(peer: Peer<undefined>): string {
  const { request, subprotocol, extensions } = peer;
  return visible(
    [
      `connected to ${request.url.href}`,
      ...(subprotocol === '' ? [] : [`subprotocol ${subprotocol}`]),
      ...(extensions === '' ? [] : [`extensions ${extensions}`]),
    ].join(', '),
  );
}
