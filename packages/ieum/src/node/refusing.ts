import type { Clock } from '../channel/clock.js';
import { formatRefusal, type Refusal } from '../core/handshake/refusal.js';

import type { Transport } from './transport/transport.js';

/**
 * Answers an opening handshake with a refusal, and closes the connection behind it.
 *
 * @param write how a refusal is written; by default as over HTTP/1.1
 */
export function refuseUpgrade(
  transport: Transport,
  refusal: Refusal,
  clock: Clock,
  write: (transport: Transport, refusal: Refusal) => void = writeHttp1Refusal,
): void {
  const cancelTimer = clock.setTimer(() => transport.destroy(), refusalTimeoutMs);
  transport.start({
    // What still arrives is read, so that the connection is not reset under the refusal.
    handleData: () => {},
    handleDrain: () => {},
    handleEnd: () => {
      if (transport.isDestroyed) cancelTimer();
    },
  });
  write(transport, refusal);
  transport.close();
}

/** Writes a refusal as a response of HTTP/1.1. */
export function writeHttp1Refusal(transport: Transport, refusal: Refusal): void {
  transport.write([formatRefusal(refusal)]);
}

/** How long a refusal may take to be written, in milliseconds. */
const refusalTimeoutMs = 5_000;
