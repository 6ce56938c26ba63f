import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { HandleTransport } from './handle-transport.js';
import { nativeHandles } from './native-handle.js';
import { StreamTransport } from './stream-transport.js';
import type { SocketAccess, Transport } from './transport.js';

/** A transport over a stream that nobody else reads or writes any more. */
export function openTransport(stream: Duplex, access: SocketAccess): Transport {
  if (access === 'direct' && nativeHandles !== null && stream instanceof Socket) {
    const handle = stream.readable && stream.writable ? nativeHandles.of(stream) : null;
    if (handle !== null && stream.writableLength === 0)
      return new HandleTransport(nativeHandles, handle, stream);
  }
  return new StreamTransport(stream);
}
