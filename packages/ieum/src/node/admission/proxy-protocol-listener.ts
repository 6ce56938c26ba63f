import type { Socket } from 'node:net';
import type { Clock } from '../../channel/clock.js';
import type { ProxiedConnections } from './proxied-connections.js';
import { ProxyProtocolDecoder } from './proxy-protocol.js';
import type { TrustedProxies } from './trusted-proxies.js';

export interface ProxyProtocolListenerOptions {
  /** The peers that must begin with a PROXY header; all others are handed on untouched. */
  readonly trusted: TrustedProxies;
  /** How long the whole header may take, in milliseconds. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Where the headers are remembered. */
  readonly connections: ProxiedConnections;
  /** Takes a socket whose own bytes come next, for instance `(socket) => server.emit('connection', socket)`. */
  readonly handOn: (socket: Socket) => void;
}

/**
 * Stands between a `net.Server` and an HTTP or TLS server, and reads the PROXY header of trusted peers: no byte more
 * than that is kept from the server behind. A trusted peer that sends anything else, ends, or misses the deadline is
 * destroyed without a word.
 *
 * The `net.Server` in front is made with `allowHalfOpen: true`, as `node:http` and `node:tls` make theirs.
 */
export class ProxyProtocolListener {
  readonly #options: ProxyProtocolListenerOptions;
  readonly #waiting = new Set<Socket>();

  constructor(options: ProxyProtocolListenerOptions) {
    this.#options = options;
  }

  /** Sockets whose header has not arrived in full. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a socket that was just accepted and that nothing has been read from. */
  accept(socket: Socket): void {
    if (this.#options.trusted.has(socket.remoteAddress)) this.#readHeader(socket);
    else this.#options.handOn(socket);
  }

  /** Destroys the sockets that wait for their header. */
  destroyWaiting(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #readHeader(socket: Socket): void {
    const decoder = new ProxyProtocolDecoder();
    const cancelDeadline = this.#options.clock.setTimer(() => socket.destroy(), this.#options.deadlineMs);
    const destroy = () => socket.destroy();
    const stop = () => {
      cancelDeadline();
      this.#waiting.delete(socket);
    };
    const read = () => {
      const chunk: Uint8Array | null = socket.read();
      if (chunk === null || socket.destroyed) return;
      const progress = decoder.receive(chunk);
      if (progress.type === 'incomplete') return;
      if (progress.type === 'invalid') return destroy();

      stop();
      socket.off('readable', read).off('end', destroy).off('error', destroy).off('close', stop);
      if (progress.rest.length > 0) socket.unshift(progress.rest);
      const { rest: _, ...header } = progress;
      if (header.source !== null) this.#options.connections.remember(socket, header);
      this.#options.handOn(socket);
    };

    this.#waiting.add(socket);
    socket.on('readable', read).on('end', destroy).on('error', destroy).on('close', stop);
  }
}
