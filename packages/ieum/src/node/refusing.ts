import type { Clock } from '../channel/clock.js';
import { formatRefusal, type Refusal } from '../core/handshake/refusal.js';

import type { Transport } from './transport/transport.js';

/** Answers an opening handshake with a refusal, and closes the connection behind it. */
export function refuseUpgrade(transport: Transport, refusal: Refusal, clock: Clock): void {
  const cancelTimer = clock.setTimer(() => transport.destroy(), refusalTimeoutMs);
  transport.start({
    // What still arrives is read, so that the connection is not reset under the refusal.
    handleData: () => {},
    handleDrain: () => {},
    handleEnd: () => {
      if (transport.isDestroyed) cancelTimer();
    },
  });
  transport.write([formatRefusal(refusal)]);
  transport.close();
}

/** How long a refusal may take to be written, in milliseconds. */
const refusalTimeoutMs = 5_000;
