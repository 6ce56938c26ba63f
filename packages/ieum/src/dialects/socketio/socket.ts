import { encodeArgs, encodePacket, withLastArgument } from '../../codecs/socketio/index.js';
import type { Position } from '../../hub/position.js';
import type { EngineRequest, EngineSocket } from '../engineio/index.js';

import { BroadcastOperator, listOf, requireEventName } from './broadcast-operator.js';
import type { Client } from './client.js';
import { EventObservers } from './event-observers.js';
import { eventPackets, messagesOf } from './event-packets.js';
import type {
  AckAnswer,
  ArgsBeforeAck,
  DefaultEventsMap,
  DisconnectReason,
  EventArgs,
  EventName,
  Listener,
  SocketReservedEvents,
  Untyped,
  WithErrors,
} from './event-types.js';
import type { Handshake } from './handshake.js';
import type { KeptSession } from './kept-session.js';
import { Listenable } from './listenable.js';
import type { LocalSocket } from './local-socket.js';
import { type Middleware, runMiddlewares } from './middleware.js';
import { offsetOf } from './offset.js';
import { OutgoingLane } from './outgoing-lane.js';
import { type AckHandler, PendingAcks } from './pending-acks.js';
import type { RoomLog, RoomSpan } from './room-log.js';
import { type EmissionFlags, SocketEmission } from './socket-emission.js';
import type { SocketHome } from './socket-home.js';

/** What a socket begins with. */
export interface SocketParts {
  readonly id: string;
  readonly handshake: Handshake;
  /** In which rooms it was; null where nobody comes back. */
  readonly log: RoomLog | null;
  /** Whether it has come back; `data` is what it had. */
  readonly recovered: boolean;
  readonly data: unknown;
}

/** One client in one namespace. After its end what it is to be sent is forgotten. */
export class Socket<
    ListenEvents extends object = DefaultEventsMap,
    EmitEvents extends object = DefaultEventsMap,
    _ServerSideEvents extends object = DefaultEventsMap,
    SocketData = Untyped,
  >
  extends Listenable<ListenEvents & SocketReservedEvents>
  implements LocalSocket
{
  readonly id: string;
  readonly client: Client;
  readonly handshake: Handshake;
  /** Whether it has come back, with its id, rooms and data, and all it missed. */
  readonly recovered: boolean;
  /** Whatever the application keeps with it; what JSON can hold of it is known to other nodes, and when it comes back. */
  data: SocketData;
  /** @internal */
  readonly lane: OutgoingLane;
  readonly #home: SocketHome;
  readonly #log: RoomLog | null;
  readonly #acks: PendingAcks;
  readonly #middlewares: Middleware<[event: string, ...args: Untyped[]]>[] = [];
  readonly #incoming = new EventObservers();
  readonly #outgoing = new EventObservers();
  #session: KeptSession | null = null;
  /** Where the stream stood when the last ping was sent. */
  #sent: Position | null = null;
  #confirmed: Position | null = null;
  #state: 'connecting' | 'connected' | 'disconnected' = 'connecting';

  /** Made by its namespace. */
  constructor(home: SocketHome, client: Client, parts: SocketParts) {
    super(home.settings.reportError);
    this.#home = home;
    this.client = client;
    this.id = parts.id;
    this.handshake = parts.handshake;
    this.recovered = parts.recovered;
    this.data = (parts.data ?? {}) as SocketData;
    this.#log = parts.log;
    this.#acks = new PendingAcks(home.settings.clock);
    this.lane = new OutgoingLane((packets) => client.send(packets));
  }

  get nsp(): SocketHome['namespace'] {
    return this.#home.namespace;
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** The connection that carries it, with its other namespaces. */
  get conn(): EngineSocket {
    return this.client.conn;
  }

  get request(): EngineRequest {
    return this.client.request;
  }

  get rooms(): ReadonlySet<string> {
    return this.#home.rooms.sids.get(this.id) ?? none;
  }

  /** Sends an event; a function as the last argument is called with the client's acknowledgement. Throws as `SocketEmission.emit`. */
  emit<Name extends EventName<EmitEvents>>(event: Name, ...args: EventArgs<EmitEvents, Name>): true {
    this.emitWith({}, [event, ...args]);
    return true;
  }

  /** Sends an event, and resolves with its acknowledgement; without `timeout` perhaps never. */
  emitWithAck<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: ArgsBeforeAck<EventArgs<EmitEvents, Name>>
  ): Promise<AckAnswer<EventArgs<EmitEvents, Name>>> {
    return this.#emission.emitWithAck(event, ...args);
  }

  /** Sends a `message` event. */
  send(...args: EventArgs<EmitEvents, 'message' & keyof EmitEvents>): this {
    this.emitWith({}, ['message', ...args]);
    return this;
  }

  write(...args: EventArgs<EmitEvents, 'message' & keyof EmitEvents>): this {
    return this.send(...args);
  }

  /** Dropped when the client does not read just now. */
  get volatile(): SocketEmission<EmitEvents, SocketData> {
    return this.#emission.volatile;
  }

  /** How long the acknowledgement may take, in milliseconds; its function is told first of an error. */
  timeout(timeoutMs: number): SocketEmission<WithErrors<EmitEvents>, SocketData> {
    return this.#emission.timeout(timeoutMs);
  }

  /** Accepted, and without effect: what is compressed is for the server's `permessageDeflate` to say. */
  compress(_isCompressed: boolean): this {
    return this;
  }

  /** To all others of the namespace. */
  get broadcast(): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#home.broadcasts, { rooms: new Set(), except: new Set([this.id]) });
  }

  /** To all others of this node. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.broadcast.local;
  }

  /** To all others in a room. */
  to(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.broadcast.to(room);
  }

  in(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.broadcast.to(room);
  }

  except(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.broadcast.except(room);
  }

  join(room: string | readonly string[]): void {
    if (this.#state === 'disconnected') return;
    for (const name of listOf(room)) {
      if (this.#home.rooms.add(this.id, name)) this.#log?.join(name, this.#home.streamOffset);
    }
    this.#session?.touch(true);
  }

  leave(room: string): void {
    if (this.#home.rooms.delete(this.id, room)) this.#log?.leave(room, this.#home.streamOffset);
    this.#session?.touch(true);
  }

  /** Ends it behind what was sent. @param close also what carries it, with its other namespaces. Default false */
  disconnect(close = false): this {
    if (this.#state !== 'connected') return this;
    if (close) {
      this.client.disconnect();
      return this;
    }
    this.lane.send(messagesOf(encodePacket({ type: 'disconnect', namespace: this.nsp.name })));
    this.handleClosed('server namespace disconnect');
    return this;
  }

  /** Runs for each event of the client before its listeners; an error stops it and is told as `error`. */
  use(middleware: Middleware<[event: string, ...args: Untyped[]]>): this {
    this.#middlewares.push(middleware);
    return this;
  }

  onAny(listener: (event: string, ...args: Untyped[]) => void): this {
    this.#incoming.append(listener);
    return this;
  }

  prependAny(listener: (event: string, ...args: Untyped[]) => void): this {
    this.#incoming.prepend(listener);
    return this;
  }

  offAny(listener?: Listener): this {
    this.#incoming.remove(listener);
    return this;
  }

  listenersAny(): readonly Listener[] {
    return this.#incoming.list;
  }

  onAnyOutgoing(listener: (event: string, ...args: Untyped[]) => void): this {
    this.#outgoing.append(listener);
    return this;
  }

  prependAnyOutgoing(listener: (event: string, ...args: Untyped[]) => void): this {
    this.#outgoing.prepend(listener);
    return this;
  }

  offAnyOutgoing(listener?: Listener): this {
    this.#outgoing.remove(listener);
    return this;
  }

  listenersAnyOutgoing(): readonly Listener[] {
    return this.#outgoing.list;
  }

  /**
   * Settles when a client that reads slowly has taken what it was sent, or is gone; null while it reads well. Who sends much waits for
   * it, and is then never the reason that a client is closed for reading too slowly.
   */
  get congestion(): Promise<unknown> | null {
    return this.client.congestion;
  }

  /** @internal */
  get isWritable(): boolean {
    return this.conn.isWritable;
  }

  /** @internal */
  get hasOutgoingListeners(): boolean {
    return !this.#outgoing.isEmpty;
  }

  /** @internal */
  notifyOutgoing(args: readonly unknown[]): void {
    for (const listener of this.#outgoing.list) this.call(listener, args);
  }

  /** @internal */
  expectAck(take: (answer: unknown[]) => void): number {
    return this.#acks.add((...answer) => this.call(() => take(answer), []));
  }

  /** What is to be known of it when it comes back. @internal */
  get kept(): { readonly sid: string; readonly rooms: readonly RoomSpan[]; readonly data: unknown } {
    return { sid: this.id, rooms: this.#log?.spans ?? [], data: this.data };
  }

  /** From now on what is sent to it alone, or to all, is for it. @internal */
  enterLog(): void {
    this.#log?.join(this.id, this.#home.streamOffset);
  }

  /** It is let in. @internal */
  handleConnected(session: KeptSession | null): void {
    this.#session = session;
    this.#state = 'connected';
  }

  /** The client sent an event. @internal */
  receiveEvent(args: readonly unknown[], id: number | null): void {
    const values = id === null ? [...args] : [...args, this.#acknowledge(id)];
    for (const listener of this.#incoming.list) this.call(listener, values);
    runMiddlewares(this.#middlewares, values as [string, ...Untyped[]], (error) => {
      if (error !== null) this.#fail(error);
      else if (this.connected) this.tell(values[0] as string | number, values.slice(1));
    });
    this.#session?.touch();
  }

  /** The client acknowledged an event. @internal */
  receiveAck(args: readonly unknown[], id: number): void {
    this.#acks.receive(id, args);
  }

  /** It is over. @internal */
  handleClosed(reason: DisconnectReason, details?: unknown): void {
    if (this.#state !== 'connected') return;
    this.tell('disconnecting', [reason, details]);
    const isOver = reason === 'client namespace disconnect' || reason === 'server namespace disconnect';
    this.#session?.end(isOver);
    this.#state = 'disconnected';
    this.#home.remove(this);
    this.client.remove(this);
    this.tell('disconnect', [reason, details]);
    this.#acks.close();
  }

  /** Its client has come back: here, or on another node, which keeps the session from now on. @internal */
  handleTakeover(isHere: boolean): void {
    if (isHere) this.#session?.end(false);
    else this.#session?.forget();
    this.client.conn.close();
  }

  /** A ping is about to be sent. @internal */
  handlePing(): void {
    this.#sent = this.#home.cluster.last;
  }

  /** The client has all that was sent before the ping. @internal */
  handlePong(): void {
    this.#confirmed = this.#sent;
  }

  /** All up to here is known to have reached the client; null for nothing since it came. @internal */
  get confirmed(): Position | null {
    return this.#confirmed;
  }

  /** What nodes call its session; null without one. @internal */
  get sessionName(): string | null {
    return this.#session?.name ?? null;
  }

  /** @internal */
  emitWith({ isVolatile = false, timeoutMs }: EmissionFlags, values: unknown[]): void {
    requireEventName(values[0]);
    const ack = typeof values.at(-1) === 'function' ? (values.pop() as AckHandler) : null;
    const { settings, broadcasts, cluster } = this.#home;
    const isKept = settings.recovery !== null && ack === null && !isVolatile;
    if (isKept && this.connected) {
      broadcasts.broadcast(values, { rooms: new Set([this.id]), except: new Set() }, {});
      return;
    }
    const plain = encodeArgs(values);
    const id = ack === null ? null : this.#expect(ack, timeoutMs);
    if (this.#state === 'disconnected') {
      this.#acks.close();
      return;
    }
    const isMarked = settings.recovery !== null && ack === null && cluster.last !== null;
    const args = isMarked && cluster.last !== null ? withLastArgument(plain, offsetOf(cluster.last)) : plain;
    if (!isVolatile || this.isWritable) this.lane.send(eventPackets(this.nsp.name, id, args));
    this.notifyOutgoing(values);
  }

  get #emission(): SocketEmission<EmitEvents, SocketData> {
    return new SocketEmission(this, {}, this.broadcast);
  }

  #expect(ack: AckHandler, timeoutMs: number | undefined): number {
    const handler: AckHandler = (...args) => this.call(ack, args);
    return timeoutMs === undefined ? this.#acks.add(handler) : this.#acks.addTimed(handler, timeoutMs);
  }

  /** Makes the function that answers an event, once. */
  #acknowledge(id: number): (...args: unknown[]) => void {
    let isSent = false;
    return (...args) => {
      if (isSent || this.#state === 'disconnected') return;
      isSent = true;
      this.lane.send(messagesOf(encodePacket({ type: 'ack', namespace: this.nsp.name, id, args })));
    };
  }

  #fail(error: Error): void {
    if (!this.tell('error', [error])) this.#home.settings.reportError(error);
  }
}

const none: ReadonlySet<string> = new Set();
