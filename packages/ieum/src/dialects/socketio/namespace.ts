import { encodePacket, withLastArgument } from '../../codecs/socketio/index.js';
import { UsageError } from '../../core/errors.js';

import { BroadcastOperator } from './broadcast-operator.js';
import type { Broadcaster } from './broadcaster.js';
import type { Client } from './client.js';
import { eventPackets, messagesOf } from './event-packets.js';
import type {
  AckAnswer,
  ArgsBeforeAck,
  DefaultEventsMap,
  EventArgs,
  EventName,
  Untyped,
  WithAnswers,
  WithErrors,
} from './event-types.js';
import type { ControlFrame, StreamFrame } from './frame.js';
import { handshakeOf } from './handshake.js';
import { KeptSession, type SessionId } from './kept-session.js';
import { Listenable } from './listenable.js';
import { type ExtendedError, type Middleware, runMiddlewares } from './middleware.js';
import { NamespaceBroadcasts } from './namespace-broadcasts.js';
import type { NamespaceParts } from './namespace-parts.js';
import { offsetOf } from './offset.js';
import { type MissedEvent, Recovery } from './recovery.js';
import type { RemoteSocket } from './remote-socket.js';
import { RoomLog } from './room-log.js';
import { Rooms } from './rooms.js';
import { type ServerSideAnswers, serverSideEmit } from './server-side-emit.js';
import { sessionNameOf } from './session-store.js';
import { Socket } from './socket.js';
import type { SocketHome } from './socket-home.js';

/** What a namespace tells, beside what other nodes emit to it. */
export interface NamespaceReservedEvents<
  Listen extends object,
  Emit extends object,
  ServerSide extends object,
  Data,
> {
  connect: (socket: Socket<Listen, Emit, ServerSide, Data>) => void;
  connection: (socket: Socket<Listen, Emit, ServerSide, Data>) => void;
}

/** Whatever events a namespace is typed with. */
export type AnyNamespace = Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, Untyped>;

/** Sockets that share a name, who may be there, and what is sent to all of them. */
export class Namespace<
  ListenEvents extends object = DefaultEventsMap,
  EmitEvents extends object = DefaultEventsMap,
  ServerSideEvents extends object = DefaultEventsMap,
  SocketData = Untyped,
> extends Listenable<
  ServerSideEvents & NamespaceReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
> {
  readonly name: string;
  /** Which sockets of this node are in which rooms. */
  readonly adapter: Rooms;
  readonly #parts: NamespaceParts;
  readonly #sockets = new Map<string, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();
  /** The same, by what nodes call their sessions. */
  readonly #sessions = new Map<string, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();
  readonly #broadcasts: NamespaceBroadcasts;
  #middlewares: Middleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] = [];
  readonly #home: SocketHome;

  /** Made by its server. */
  constructor(name: string, parts: NamespaceParts) {
    super(parts.settings.reportError);
    this.name = name;
    this.#parts = parts;
    this.adapter = new Rooms(parts.settings.reportError);
    const { cluster, settings, node } = parts;
    const [rooms, sockets] = [this.adapter, this.#sockets];
    this.#broadcasts = new NamespaceBroadcasts({ namespace: name, node, rooms, sockets, cluster, settings });
    this.#home = {
      namespace: this as unknown as AnyNamespace,
      rooms,
      broadcasts: this.#broadcasts,
      cluster,
      settings,
      get streamOffset() {
        return cluster.last?.offset ?? 0;
      },
      remove: (socket) => this.#remove(socket),
    };
  }

  /** Those of this node, by their ids. */
  get sockets(): ReadonlyMap<string, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#sockets;
  }

  /** Runs for each client that wants to be here; an error is what it is told instead. */
  use(middleware: Middleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>): this {
    this.#middlewares = [...this.#middlewares, middleware];
    return this;
  }

  /** Sends an event to all sockets, of all nodes. Throws as `BroadcastOperator.emit` does. */
  emit<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: EventArgs<WithAnswers<EmitEvents>, Name>
  ): true {
    return this.#operator.emit(event, ...args);
  }

  emitWithAck<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: ArgsBeforeAck<EventArgs<EmitEvents, Name>>
  ): Promise<AckAnswer<EventArgs<EmitEvents, Name>>[]> {
    return this.#operator.emitWithAck(event, ...args);
  }

  /** Sends a `message` event to all. */
  send(...args: EventArgs<WithAnswers<EmitEvents>, 'message' & keyof EmitEvents>): this {
    this.#operator.emit('message' as 'message' & EventName<EmitEvents>, ...args);
    return this;
  }

  write(...args: EventArgs<WithAnswers<EmitEvents>, 'message' & keyof EmitEvents>): this {
    return this.send(...args);
  }

  to(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.#operator.to(room);
  }

  in(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.#operator.to(room);
  }

  except(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.#operator.except(room);
  }

  compress(_isCompressed: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.#operator;
  }

  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#operator.volatile;
  }

  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#operator.local;
  }

  timeout(timeoutMs: number): BroadcastOperator<WithErrors<EmitEvents>, SocketData> {
    return this.#operator.timeout(timeoutMs);
  }

  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.#operator.fetchSockets();
  }

  socketsJoin(room: string | readonly string[]): void {
    this.#operator.socketsJoin(room);
  }

  socketsLeave(room: string | readonly string[]): void {
    this.#operator.socketsLeave(room);
  }

  disconnectSockets(close = false): void {
    this.#operator.disconnectSockets(close);
  }

  /** Tells the listeners of this namespace on all other nodes; a function as the last argument is called with their answers. */
  serverSideEmit<Name extends EventName<ServerSideEvents>>(
    event: Name,
    ...args: EventArgs<WithAnswers<ServerSideEvents>, Name>
  ): boolean {
    if (event === 'connect' || event === 'connection' || event === 'new_namespace') {
      throw new UsageError('ERR_WS_INVALID_DATA', `"${event}" is a reserved event name`);
    }
    const values: unknown[] = [event, ...args];
    const done = typeof values.at(-1) === 'function' ? (values.pop() as ServerSideAnswers) : null;
    serverSideEmit(this.#parts, { namespace: this.name, values, done });
    return true;
  }

  serverSideEmitWithAck<Name extends EventName<ServerSideEvents>>(
    event: Name,
    ...args: ArgsBeforeAck<EventArgs<ServerSideEvents, Name>>
  ): Promise<AckAnswer<EventArgs<ServerSideEvents, Name>>[]> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, answers: unknown) => {
        if (error === null) resolve(answers as AckAnswer<EventArgs<ServerSideEvents, Name>>[]);
        else reject(Object.assign(error, { responses: answers }));
      };
      const values = [...args, done] as unknown as EventArgs<WithAnswers<ServerSideEvents>, Name>;
      this.serverSideEmit(event, ...values);
    });
  }

  /** As another that begins with what this one has: its middlewares and its listeners. @internal */
  inherit(parent: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.#middlewares = parent.#middlewares;
    for (const event of ['connect', 'connection'] as const) {
      for (const listener of parent.listeners(event)) this.on(event, listener as never);
    }
  }

  /** A client wants to be here. @internal */
  async receiveClient(client: Client, auth: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      const recovery = await this.#recover(auth);
      const socket = this.#makeSocket(client, auth, recovery);
      const isTrusted = recovery !== null && this.#parts.settings.recovery?.skipMiddlewares === true;
      const error = isTrusted ? null : await this.#judge(socket);
      if (error === null) await this.#admit(socket, recovery);
      else this.#dismiss(socket, error);
    } catch (error) {
      this.#parts.settings.reportError(error);
      client.refuse(this.name, { name: 'Error', message: 'the server is not ready' } as Error);
    }
  }

  /** @internal */
  handleStream(
    frame: StreamFrame,
    ...[node, position]: [node: string, position: MissedEvent['position'] | null]
  ): void {
    if (frame.type !== 'takeover') this.#broadcasts.handleStream(frame, node, position);
    else this.#takeOver(frame.session, false);
  }

  /** @internal */
  handleVolatile(frame: Extract<ControlFrame, { type: 'volatile' }>): void {
    this.#broadcasts.handleVolatile(frame);
  }

  /** The sockets that another node asks for. @internal */
  detailsOf(
    ...[audience]: Parameters<NamespaceBroadcasts['detailsOf']>
  ): ReturnType<NamespaceBroadcasts['detailsOf']> {
    return this.#broadcasts.detailsOf(audience);
  }

  /** Another node emits to this one. @internal */
  handleServerSideEmit(values: readonly unknown[]): void {
    this.tell(values[0] as string, values.slice(1));
  }

  /** @internal */
  get broadcaster(): Broadcaster {
    return this.#parts.broadcaster ?? this.#broadcasts;
  }

  get #operator(): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.broadcaster);
  }

  async #recover(auth: Readonly<Record<string, unknown>>): Promise<Recovery | null> {
    const { recoveryParts } = this.#parts;
    const { pid, offset } = auth;
    if (recoveryParts === null || typeof pid !== 'string') return null;
    const name = await sessionNameOf(pid);
    this.#takeOver(name, true);
    return Recovery.begin({ pid, name }, { namespace: this.name, offset }, recoveryParts);
  }

  #takeOver(name: string, isHere: boolean): void {
    this.#sessions.get(name)?.handleTakeover(isHere);
  }

  #makeSocket(client: Client, auth: Readonly<Record<string, unknown>>, recovery: Recovery | null) {
    const { settings, recoveryParts } = this.#parts;
    return new Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this.#home, client, {
      id: recovery?.record.sid ?? settings.createId(),
      handshake: handshakeOf(client.request, auth, settings.now()),
      log: recovery?.log ?? (recoveryParts === null ? null : new RoomLog()),
      recovered: recovery !== null,
      data: recovery?.record.data,
    });
  }

  #judge(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ): Promise<ExtendedError | null> {
    return new Promise((resolve) => {
      runMiddlewares(this.#middlewares, socket, resolve);
    });
  }

  async #admit(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    recovery: Recovery | null,
  ): Promise<void> {
    const session = await this.#keep(socket, recovery);
    if (recovery === null) return this.#open(socket, session, []);
    const isComplete = await recovery.finish((missed) => {
      for (const room of recovery.log.rooms) this.adapter.add(socket.id, room);
      this.#open(socket, session, missed);
    });
    // It took longer than what is kept: the client is to come again, and begins anew then.
    if (!isComplete) socket.client.conn.close();
  }

  /** Keeps its session, so that it can come back from its first moment on; null when that is not wanted, or cannot be. */
  async #keep(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    recovery: Recovery | null,
  ): Promise<KeptSession | null> {
    const { recoveryParts, settings, cluster } = this.#parts;
    const position = recovery?.record.position ?? cluster.last;
    if (recoveryParts === null || position === null) return null;
    const id = recovery?.id ?? (await this.#createSessionId());
    const session = new KeptSession(id, recoveryParts.store, () => ({
      ...socket.kept,
      namespace: this.name,
      position: socket.confirmed ?? position,
    }));
    socket.enterLog();
    try {
      await session.begin();
      return session;
    } catch (error) {
      settings.reportError(error);
      return null;
    }
  }

  async #createSessionId(): Promise<SessionId> {
    const pid = this.#parts.settings.createId();
    return { pid, name: await sessionNameOf(pid) };
  }

  #open(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    session: KeptSession | null,
    missed: readonly MissedEvent[],
  ): void {
    const { client, id } = socket;
    if (client.isClosed) {
      session?.end(false);
      this.adapter.deleteAll(id);
      this.#parts.handleEmpty(this.name);
      return;
    }
    this.#sockets.set(id, socket);
    if (session !== null) this.#sessions.set(session.name, socket);
    client.add(socket);
    socket.handleConnected(session);
    socket.join(id);
    const told = session === null ? { sid: id } : { sid: id, pid: session.pid };
    client.send(messagesOf(encodePacket({ type: 'connect', namespace: this.name, ...told })));
    for (const { args, position } of missed) {
      client.send(eventPackets(this.name, null, withLastArgument(args, offsetOf(position))));
    }
    this.tell('connect', [socket]);
    this.tell('connection', [socket]);
  }

  #dismiss(
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    error: ExtendedError,
  ): void {
    this.adapter.deleteAll(socket.id);
    socket.client.refuse(this.name, error);
    this.#parts.handleEmpty(this.name);
  }

  #remove({ id, sessionName }: { readonly id: string; readonly sessionName: string | null }): void {
    this.adapter.deleteAll(id);
    if (sessionName !== null && this.#sessions.get(sessionName)?.id === id)
      this.#sessions.delete(sessionName);
    this.#sockets.delete(id);
    if (this.#sockets.size === 0) this.#parts.handleEmpty(this.name);
  }
}
