import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';

import { type ByteTransport, StreamTransport } from './byte-transport.js';

/** Where bytes go, and through what. */
export interface TransportTarget {
  readonly host: string;
  readonly port: number;
  /** A Unix socket in place of host and port. */
  readonly socketPath?: string | undefined;
  /** TLS, when the connection is secured. */
  readonly tls?: TransportTls | undefined;
}

export interface TransportTls {
  readonly ca?: string | Uint8Array | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
  /** Default true. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** Opens a TCP, TLS or Unix connection. @throws the socket's error, or that of the signal */
export async function connectTransport(target: TransportTarget, signal: AbortSignal): Promise<ByteTransport> {
  const { stream, raw } = await connectStream(target, ['http/1.1'], signal);
  return new StreamTransport(stream, { reset: () => resetSocket(raw) });
}

/** The same as a socket; `raw` is what is below TLS. */
export async function connectStream(
  target: TransportTarget,
  protocols: readonly string[],
  signal: AbortSignal,
): Promise<{ stream: Socket; raw: Socket }> {
  const { host, port, socketPath } = target;
  const where = socketPath === undefined ? { host, port } : { path: socketPath };
  const raw = net.connect({ ...where, allowHalfOpen: true });
  raw.setNoDelay(true);
  const give = (): void => void raw.destroy(signal.reason instanceof Error ? signal.reason : undefined);
  signal.addEventListener('abort', give);
  try {
    await once(raw, 'connect', { signal });
    if (target.tls === undefined) return { stream: raw, raw };
    const stream = tls.connect({
      ...withoutUndefined(target.tls),
      socket: raw,
      servername: net.isIP(host) === 0 ? host : '',
      ALPNProtocols: [...protocols],
      allowHalfOpen: true,
    } as tls.ConnectionOptions);
    await once(stream, 'secureConnect', { signal });
    return { stream, raw };
  } catch (error) {
    raw.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', give);
  }
}

/** Sends a TCP reset; elsewhere it just breaks off. */
export function resetSocket(socket: Socket): void {
  if (socket.remotePort === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

function withoutUndefined(options: TransportTls): Partial<TransportTls> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
