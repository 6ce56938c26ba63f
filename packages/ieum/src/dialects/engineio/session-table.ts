import type { EngineHandlers, EngineSettings } from './engine-options.js';
import type { EngineRequest } from './engine-request.js';
import { EngineSocket, type EngineSocketOwner } from './engine-socket.js';
import type { EngineCloseReason } from './engine-transport.js';
import type { WebSocketTransport } from './websocket-transport.js';

/** The sessions that are here, and what the application does with them. */
export class SessionTable implements EngineSocketOwner {
  readonly #settings: EngineSettings;
  readonly #handlers: EngineHandlers;
  readonly #sockets = new Map<string, EngineSocket>();
  #isClosed = false;

  constructor(settings: EngineSettings, handlers: EngineHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
  }

  get size(): number {
    return this.#sockets.size;
  }

  get hasRoom(): boolean {
    return !this.#isClosed && this.#sockets.size < this.#settings.maxSessions;
  }

  get(id: string): EngineSocket | undefined {
    return this.#sockets.get(id);
  }

  /** @param transport null for polling */
  open(request: EngineRequest, transport: WebSocketTransport | null): EngineSocket {
    const socket = new EngineSocket(this.#settings.createId(), request, transport, {
      settings: this.#settings,
      owner: this,
    });
    this.#sockets.set(socket.id, socket);
    return socket;
  }

  /** The client was told that it is in. */
  handleOpened(socket: EngineSocket): void {
    void this.#guard(() => this.#handlers.open?.(socket));
  }

  handleMessage(socket: EngineSocket, data: string | Uint8Array): void | Promise<void> {
    return this.#guard(() => this.#handlers.message?.(socket, data));
  }

  handlePing(socket: EngineSocket): void {
    void this.#guard(() => this.#handlers.ping?.(socket));
  }

  handlePong(socket: EngineSocket): void {
    void this.#guard(() => this.#handlers.pong?.(socket));
  }

  handleClosed(socket: EngineSocket, reason: EngineCloseReason): void {
    void this.#guard(() => this.#handlers.closed?.(socket, reason));
  }

  handleGone(socket: EngineSocket): void {
    this.#sockets.delete(socket.id);
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of [...this.#sockets.values()]) socket.close();
  }

  #guard(call: () => void | Promise<void>): void | Promise<void> {
    try {
      const work = call();
      return work instanceof Promise ? work.catch(this.#settings.reportError) : undefined;
    } catch (error) {
      this.#settings.reportError(error);
      return undefined;
    }
  }
}
