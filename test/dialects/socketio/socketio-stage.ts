import { Server, type ServerOptions } from 'ieum/dialects/socketio';
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

import { serve } from '../../support/serve.js';
import { EngineWire } from '../engineio/engine-client.js';

export type { EngineWire as SocketWire };

/** A Socket.IO server that listens until the test is over, and clients of it. */
export class SocketIoStage {
  readonly io: Server;
  readonly port: number;
  readonly errors: readonly unknown[];

  private constructor(io: Server, port: number, errors: readonly unknown[]) {
    this.io = io;
    this.port = port;
    this.errors = errors;
  }

  static async start(options: ServerOptions | Server = {}): Promise<SocketIoStage> {
    const errors: unknown[] = [];
    const io =
      options instanceof Server
        ? options
        : new Server({ reportError: (error) => errors.push(error), ...options });
    const served = await serve<unknown>({ ...io.endpoints });
    onTestFinished(() => io.close());
    await io.ready;
    return new SocketIoStage(io, served.port, errors);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The official client. */
  client(namespace = '/', options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
    const socket = connect(`${this.url}${namespace}`, { forceNew: true, reconnectionDelay: 20, ...options });
    onTestFinished(() => void socket.disconnect());
    return socket;
  }

  /** The official client, connected. */
  async connected(namespace = '/', options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Socket> {
    const socket = this.client(namespace, options);
    await told(socket, 'connect');
    return socket;
  }

  /** A WebSocket connection on which the session of Engine.IO is open. */
  async wire(): Promise<EngineWire> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/socket.io/?EIO=4&transport=websocket`);
    onTestFinished(() => socket.terminate());
    const wire = new EngineWire(socket);
    await wire.next();
    return wire;
  }
}

/** What comes with the next event of a client. */
export function told(socket: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    socket.once(event, (...args: unknown[]) => resolve(args));
  });
}
