import type { Clock } from '../channel/clock.js';
import { formatRefusal, type Refusal } from '../core/handshake/refusal.js';

import type { Transport } from './transport/transport.js';

/**
 * Answers an opening handshake with a refusal, and closes the connection behind it.
 *
 * @param write how a refusal is written, and the transport ended; by default as over HTTP/1.1
 */
export function refuseUpgrade(
  transport: Transport,
  refusal: Refusal,
  clock: Clock,
  write: (transport: Transport, refusal: Refusal) => boolean = writeHttp1Refusal,
): void {
  let cancelTimer = () => {};
  transport.start({
    handleData: () => {},
    handleDrain: () => {},
    handleEnd: () => {
      transport.destroy();
      cancelTimer();
    },
  });
  // What still arrives is read, so that the connection is not reset under the refusal (RFC 9112 §9.6).
  transport.resume();
  const isWritten = write(transport, refusal);
  cancelTimer = clock.setTimer(() => transport.destroy(), isWritten ? lingerMs : refusalTimeoutMs);
}

/** Writes a refusal as a response of HTTP/1.1, and ends our side: the client is to end its own when it has read that. */
export function writeHttp1Refusal(transport: Transport, refusal: Refusal): boolean {
  const isWritten = transport.write([formatRefusal(refusal)]);
  transport.end();
  return isWritten;
}

/** How long a refusal may take to be written, in milliseconds. */
const refusalTimeoutMs = 5_000;
/** How long a client that has got its refusal may take to end the connection, in milliseconds. */
const lingerMs = 1_000;
