import type { Socket } from 'node:net';
import type { ProxyProtocolHeader } from './proxy-protocol-header.js';

/**
 * What PROXY headers told about the connections that are open now. A connection is known by its four addresses and
 * ports, so that it is found by its socket as well as by the TLS socket that was put over it.
 */
export class ProxiedConnections {
  readonly #headers = new Map<string, ProxyProtocolHeader>();

  /** How many connections are remembered. */
  get size(): number {
    return this.#headers.size;
  }

  /** Null when no header came on this connection, and once its socket is closed. */
  get(socket: Socket): ProxyProtocolHeader | null {
    if (this.#headers.size === 0) return null;
    return this.#headers.get(connectionKey(socket)) ?? null;
  }

  /** Remembers until the socket closes. */
  remember(socket: Socket, header: ProxyProtocolHeader): void {
    const key = connectionKey(socket);
    this.#headers.set(key, header);
    socket.once('close', () => {
      if (this.#headers.get(key) === header) this.#headers.delete(key);
    });
  }
}

function connectionKey(socket: Socket): string {
  return [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join('|');
}
