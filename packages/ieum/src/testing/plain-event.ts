import { Buffer } from 'node:buffer';

import type { ConnectionEvent } from '../core/connection-event.js';

/** An event as one line that says all of it, to be compared. */
export function plainEvent(event: ConnectionEvent): string {
  switch (event.type) {
    case 'text':
      return `text ${JSON.stringify(event.data)} in ${event.fragments}`;
    case 'binary':
      return `binary ${hex(event.data)} in ${event.fragments}`;
    case 'ping':
    case 'pong':
      return `${event.type} ${hex(event.payload)}`;
    case 'closing':
      return `closing ${event.close.code} ${JSON.stringify(event.close.reason)}`;
    case 'violation':
      return `violation ${event.violation.code} ${event.violation.closeCode}`;
    case 'closed':
      return `closed ${event.record.code} ${event.record.cause.type} ${event.record.wasClean ? 'clean' : 'unclean'}`;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
