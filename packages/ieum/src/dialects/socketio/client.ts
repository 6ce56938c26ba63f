import {
  type ClientPacket,
  encodePacket,
  PacketDecoder,
  type ServerPacket,
} from '../../codecs/socketio/index.js';
import type { EngineRequest, EngineSocket, OutgoingPacket } from '../engineio/index.js';

import { messagesOf } from './event-packets.js';
import type { DisconnectReason } from './event-types.js';
import type { ExtendedError } from './middleware.js';
import type { ServerSettings } from './server-options.js';

/** A socket as the connection sees it that carries it. */
export interface CarriedSocket {
  readonly id: string;
  readonly nsp: { readonly name: string };
  readonly lane: { run(work: () => void): void; clear(): void };
  receiveEvent(args: readonly unknown[], id: number | null): void;
  receiveAck(args: readonly unknown[], id: number): void;
  handleClosed(reason: DisconnectReason, details?: unknown): void;
  disconnect(): unknown;
  handlePing(): void;
  handlePong(): void;
}

export interface ClientOwner {
  /** The client wants to be in a namespace; `add`, `refuse` or nothing when it is gone meanwhile. */
  handleConnect(client: Client, namespace: string, auth: Readonly<Record<string, unknown>>): void;
}

/** One connection, which may carry a socket in each of several namespaces. */
export class Client {
  readonly conn: EngineSocket;
  readonly request: EngineRequest;
  readonly #owner: ClientOwner;
  readonly #decoder: PacketDecoder;
  /** By the names of their namespaces; null while it is judged whether the client may be there. */
  readonly #sockets = new Map<string, CarriedSocket | null>();
  #cancelTimer: () => void;
  #isClosed = false;
  #congestion: Promise<unknown> | null = null;

  constructor(conn: EngineSocket, owner: ClientOwner, settings: ServerSettings) {
    this.conn = conn;
    this.request = conn.request;
    this.#owner = owner;
    this.#decoder = new PacketDecoder({ maxAttachments: settings.maxAttachments });
    this.#cancelTimer = settings.clock.setTimer(() => {
      if (this.#sockets.size === 0) this.conn.close();
    }, settings.connectTimeoutMs);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes a message. */
  receive(data: string | Uint8Array): void {
    if (this.#isClosed) return;
    const packet = this.#decoder.receive(data);
    if (packet.type === 'incomplete') return;
    if (packet.type === 'violation') this.#breakOff();
    else this.#handle(packet);
  }

  handlePing(): void {
    for (const socket of this.#carried) socket.handlePing();
  }

  handlePong(): void {
    for (const socket of this.#carried) socket.handlePong();
  }

  /** The connection is gone. */
  handleClosed(reason: DisconnectReason, details?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer();
    for (const socket of this.#carried) {
      socket.lane.clear();
      socket.handleClosed(reason, details);
    }
    this.#sockets.clear();
  }

  /** Settles when the client has taken what it was sent, or is gone; null while there is room. */
  get congestion(): Promise<unknown> | null {
    return this.#congestion;
  }

  send(packets: readonly OutgoingPacket[]): void {
    for (const packet of packets) {
      const result = this.conn.send(packet);
      if (typeof result === 'object') this.#watch(result);
    }
  }

  sendPacket(packet: ServerPacket): void {
    this.send(messagesOf(encodePacket(packet)));
  }

  /** It is in the namespace. */
  add(socket: CarriedSocket): void {
    this.#sockets.set(socket.nsp.name, socket);
    this.#cancelTimer();
  }

  /** It may not be in the namespace. */
  refuse(namespace: string, error: Pick<ExtendedError, 'message' | 'data'>): void {
    this.#sockets.delete(namespace);
    if (this.#isClosed) return;
    const { message, data } = error;
    try {
      this.sendPacket({ type: 'connect-error', namespace, message, data });
    } catch {
      this.sendPacket({ type: 'connect-error', namespace, message });
    }
  }

  remove(socket: CarriedSocket): void {
    if (this.#sockets.get(socket.nsp.name) === socket) this.#sockets.delete(socket.nsp.name);
  }

  /** Ends all its sockets, and itself when what they were sent is out. */
  disconnect(): void {
    const sockets = this.#carried;
    for (const socket of sockets) socket.disconnect();
    let waiting = sockets.length;
    if (waiting === 0) this.conn.close();
    for (const { lane } of sockets) lane.run(() => --waiting === 0 && this.conn.close());
  }

  get #carried(): CarriedSocket[] {
    return [...this.#sockets.values()].filter((socket) => socket !== null);
  }

  #handle(packet: ClientPacket): void {
    const { namespace } = packet;
    const socket = this.#sockets.get(namespace);
    if (packet.type === 'connect') {
      if (socket === undefined) this.#connect(namespace, packet.auth);
    } else if (socket === undefined || socket === null) {
      this.#breakOff();
    } else if (packet.type === 'event') {
      socket.receiveEvent(packet.args, packet.id);
    } else if (packet.type === 'ack') {
      socket.receiveAck(packet.args, packet.id);
    } else {
      socket.handleClosed('client namespace disconnect');
    }
  }

  #watch(room: Promise<unknown>): void {
    this.#congestion = room;
    void room.finally(() => {
      if (this.#congestion === room) this.#congestion = null;
    });
  }

  #connect(namespace: string, auth: Readonly<Record<string, unknown>>): void {
    if (this.#sockets.size >= maxNamespaces) {
      this.sendPacket({ type: 'connect-error', namespace, message: 'Too many namespaces' });
      return;
    }
    this.#sockets.set(namespace, null);
    this.#owner.handleConnect(this, namespace, auth);
  }

  /** The client does not speak this protocol. */
  #breakOff(): void {
    this.handleClosed('parse error');
    this.conn.close();
  }
}

/** Of one connection. */
const maxNamespaces = 100;
