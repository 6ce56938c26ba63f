import { decodeArgs, encodeArgs } from '../../codecs/socketio/index.js';
import { createHub, type Hub } from '../../hub/hub.js';
import {
  createEngineIoDialect,
  type EngineEndpoints,
  type EngineIoDialect,
  type EngineSocket,
} from '../engineio/index.js';

import type { BroadcastOperator } from './broadcast-operator.js';
import type { NamespaceMatcher } from './child-namespaces.js';
import { Client } from './client.js';
import { Cluster } from './cluster.js';
import type {
  AckAnswer,
  ArgsBeforeAck,
  DefaultEventsMap,
  DisconnectReason,
  EventArgs,
  EventName,
  Listener,
  Untyped,
  WithAnswers,
  WithErrors,
} from './event-types.js';
import type { ControlFrame } from './frame.js';
import { Listenable } from './listenable.js';
import type { Middleware } from './middleware.js';
import type { AnyNamespace, Namespace, NamespaceReservedEvents } from './namespace.js';
import { NamespaceTable } from './namespace-table.js';
import type { RemoteSocket } from './remote-socket.js';
import { engineOptionsOf, type ServerOptions, type ServerSettings, settingsOf } from './server-options.js';
import { SessionStore } from './session-store.js';
import type { Socket } from './socket.js';
import { socketIoTopics, topicNames } from './topics.js';

/** What a server tells of itself. */
export interface ServerReservedEvents {
  new_namespace: (namespace: AnyNamespace) => void;
}

/**
 * A Socket.IO server: `const io = new Server(options)`, and `createServer({ ...io.endpoints })` to have clients come to it.
 * What it has beside `of` is that of its main namespace.
 */
export class Server<
  ListenEvents extends object = DefaultEventsMap,
  EmitEvents extends object = DefaultEventsMap,
  ServerSideEvents extends object = DefaultEventsMap,
  SocketData = Untyped,
> {
  /** The main namespace, which is named `/`. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Resolves when sockets can come, and what is sent reaches other nodes; rejects when the hub lacks the topics. */
  readonly ready: Promise<void>;
  readonly #settings: ServerSettings;
  readonly #engine: EngineIoDialect;
  readonly #cluster: Cluster;
  readonly #namespaces: NamespaceTable;
  readonly #own: ServerEvents;
  readonly #clients = new Map<EngineSocket, Client>();
  /** The hub that this server has made for itself. */
  readonly #ownHub: Hub<never> | null;
  #isClosed = false;

  /** @throws UsageError `ERR_WS_INVALID_OPTION` */
  constructor(options: ServerOptions = {}) {
    const settings = settingsOf(options);
    this.#settings = settings;
    this.#own = new ServerEvents(settings.reportError);
    this.#ownHub = options.hub === undefined ? hubFor(settings) : null;
    const hub = options.hub ?? (this.#ownHub as Hub<never>);
    const names = topicNames(settings.topicPrefix);
    const node = settings.createId();
    const { clock, now, reportError, recovery } = settings;
    this.#cluster = new Cluster({ hub, names, node, clock, reportError, owner: this.#clusterOwner });
    const cluster = this.#cluster;
    const store = new SessionStore({
      ...{ hub, names, clock, now, reportError },
      maxDisconnectionMs: recovery?.maxDisconnectionMs ?? 0,
    });
    const recoveryParts = recovery === null ? null : { hub, cluster, store, streamTopic: names.stream };
    this.#namespaces = new NamespaceTable({ node, cluster, settings, recoveryParts }, (namespace) =>
      this.#own.tellNew(namespace),
    );
    this.sockets = this.#namespaces.take('/') as unknown as typeof this.sockets;
    this.#engine = createEngineIoDialect({
      ...engineOptionsOf(options, settings),
      open: (conn) => void this.#clients.set(conn, new Client(conn, this.#clientOwner, settings)),
      message: (conn, data) => this.#clients.get(conn)?.receive(data),
      ping: (conn) => this.#clients.get(conn)?.handlePing(),
      pong: (conn) => this.#clients.get(conn)?.handlePong(),
      closed: (conn, reason) => this.#forget(conn, reason),
    });
    this.ready = this.#open();
    this.ready.catch((error: unknown) => this.#isClosed || reportError(error));
  }

  /** What `createServer` is given: `createServer({ ...io.endpoints })`. */
  get endpoints(): EngineEndpoints {
    return this.#engine.endpoints;
  }

  /** The connections that are here. */
  get engine(): { readonly clientsCount: number } {
    return { clientsCount: this.#engine.sessionCount };
  }

  /** The other nodes that this one knows of. */
  get peers(): ReadonlySet<string> {
    return this.#cluster.peers;
  }

  /**
   * The namespace of a name, which is there from now on; or what all have for whose names a pattern or a function is right.
   *
   * @throws UsageError `ERR_WS_INVALID_OPTION`
   */
  of(
    name: string | RegExp | NamespaceMatcher,
    connection?: Listener,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const namespace =
      typeof name === 'string' ? this.#namespaces.take(name) : this.#namespaces.takeParent(name);
    if (connection !== undefined) namespace.on('connection', connection);
    return namespace as unknown as typeof this.sockets;
  }

  use(middleware: Middleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>): this {
    this.sockets.use(middleware);
    return this;
  }

  on<Name extends EventName<ServerEventsOf<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>>(
    event: Name,
    listener: Extract<ServerEventsOf<ListenEvents, EmitEvents, ServerSideEvents, SocketData>[Name], Listener>,
  ): this {
    this.#homeOf(event).on(event as never, listener as never);
    return this;
  }

  once<Name extends EventName<ServerEventsOf<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>>(
    event: Name,
    listener: Extract<ServerEventsOf<ListenEvents, EmitEvents, ServerSideEvents, SocketData>[Name], Listener>,
  ): this {
    this.#homeOf(event).once(event as never, listener as never);
    return this;
  }

  off<Name extends EventName<ServerEventsOf<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>>(
    event: Name,
    listener: Extract<ServerEventsOf<ListenEvents, EmitEvents, ServerSideEvents, SocketData>[Name], Listener>,
  ): this {
    this.#homeOf(event).off(event as never, listener as never);
    return this;
  }

  /** As `Namespace.emit`, like all that follows. */
  emit<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: EventArgs<WithAnswers<EmitEvents>, Name>
  ): true {
    return this.sockets.emit(event, ...args);
  }

  emitWithAck<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: ArgsBeforeAck<EventArgs<EmitEvents, Name>>
  ): Promise<AckAnswer<EventArgs<EmitEvents, Name>>[]> {
    return this.sockets.emitWithAck(event, ...args);
  }

  send(...args: EventArgs<WithAnswers<EmitEvents>, 'message' & keyof EmitEvents>): this {
    this.sockets.send(...args);
    return this;
  }

  write(...args: EventArgs<WithAnswers<EmitEvents>, 'message' & keyof EmitEvents>): this {
    return this.send(...args);
  }

  to(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.sockets.to(room);
  }

  in(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.sockets.to(room);
  }

  except(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.sockets.except(room);
  }

  compress(isCompressed: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.sockets.compress(isCompressed);
  }

  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.sockets.volatile;
  }

  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.sockets.local;
  }

  timeout(timeoutMs: number): BroadcastOperator<WithErrors<EmitEvents>, SocketData> {
    return this.sockets.timeout(timeoutMs);
  }

  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.sockets.fetchSockets();
  }

  socketsJoin(room: string | readonly string[]): void {
    this.sockets.socketsJoin(room);
  }

  socketsLeave(room: string | readonly string[]): void {
    this.sockets.socketsLeave(room);
  }

  disconnectSockets(close = false): void {
    this.sockets.disconnectSockets(close);
  }

  serverSideEmit<Name extends EventName<ServerSideEvents>>(
    event: Name,
    ...args: EventArgs<WithAnswers<ServerSideEvents>, Name>
  ): boolean {
    return this.sockets.serverSideEmit(event, ...args);
  }

  serverSideEmitWithAck<Name extends EventName<ServerSideEvents>>(
    event: Name,
    ...args: ArgsBeforeAck<EventArgs<ServerSideEvents, Name>>
  ): Promise<AckAnswer<EventArgs<ServerSideEvents, Name>>[]> {
    return this.sockets.serverSideEmitWithAck(event, ...args);
  }

  /** Has all clients leave, who may come back to another node, and lets nobody in any more. */
  async close(done?: () => void): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      for (const client of this.#clients.values()) client.handleClosed('server shutting down');
      this.#engine.close();
      this.#cluster.close();
      await this.#ownHub?.close();
    }
    done?.();
  }

  /** Who tells of an event. */
  #homeOf(event: string): Listenable<ServerReservedEvents> {
    return event === 'new_namespace'
      ? this.#own
      : (this.sockets as unknown as Listenable<ServerReservedEvents>);
  }

  async #open(): Promise<void> {
    await this.#ownHub?.open();
    await this.#cluster.open();
  }

  #forget(conn: EngineSocket, reason: DisconnectReason): void {
    this.#clients.get(conn)?.handleClosed(reason);
    this.#clients.delete(conn);
  }

  get #clientOwner() {
    return {
      handleConnect: (client: Client, name: string, auth: Readonly<Record<string, unknown>>) =>
        void this.#connect(client, name, auth),
    };
  }

  async #connect(client: Client, name: string, auth: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.ready;
      const namespace = await this.#namespaces.find(name, auth);
      if (namespace === undefined) client.refuse(name, { message: 'Invalid namespace' });
      else await namespace.receiveClient(client, auth);
    } catch {
      client.refuse(name, { message: 'the server is not ready' });
    }
  }

  get #clusterOwner(): ConstructorParameters<typeof Cluster>[0]['owner'] {
    return {
      handleStream: (frame, node, position) => {
        const name = frame.type === 'takeover' ? frame.namespace : frame.audience.namespace;
        const namespace = this.#namespaces.get(name);
        if (namespace !== undefined) namespace.handleStream(frame, node, position);
        else if (frame.type === 'broadcast' && frame.request !== undefined) {
          this.#cluster.reply(node, { type: 'count', request: frame.request, count: 0 });
        }
      },
      handleControl: (frame, node) => this.#handleControl(frame, node),
      handleGap: () => {
        // Who may come back is to learn that something is missing, and learns it by coming back.
        if (this.#settings.recovery !== null) for (const { conn } of this.#clients.values()) conn.close();
      },
      handleEnd: () => void this.close(),
    };
  }

  #handleControl(frame: ControlFrame, node: string): void {
    switch (frame.type) {
      case 'volatile':
        this.#namespaces.get(frame.audience.namespace)?.handleVolatile(frame);
        return;
      case 'fetch': {
        const { request, audience } = frame;
        const sockets = this.#namespaces.get(audience.namespace)?.detailsOf(audience) ?? [];
        this.#cluster.reply(node, { type: 'sockets', request, sockets });
        return;
      }
      case 'server-emit':
        this.#handleServerSideEmit(frame, node);
    }
  }

  #handleServerSideEmit(
    { request, namespace, args }: Extract<ControlFrame, { type: 'server-emit' }>,
    node: string,
  ): void {
    const values = decodeArgs(args);
    if (request !== undefined) {
      values.push((...answer: unknown[]) =>
        this.#cluster.reply(node, { type: 'answer', request, args: encodeArgs(answer) }),
      );
    }
    this.#namespaces.get(namespace)?.handleServerSideEmit(values);
  }
}

/** What `Server.on` knows. */
export type ServerEventsOf<
  Listen extends object,
  Emit extends object,
  ServerSide extends object,
  Data,
> = ServerSide & NamespaceReservedEvents<Listen, Emit, ServerSide, Data> & ServerReservedEvents;

class ServerEvents extends Listenable<ServerReservedEvents> {
  tellNew(namespace: AnyNamespace): void {
    this.tell('new_namespace', [namespace]);
  }
}

function hubFor({ recovery, topicPrefix }: ServerSettings): Hub<never> {
  const topics = socketIoTopics({
    ...(topicPrefix === undefined ? {} : { prefix: topicPrefix }),
    ...(recovery === null ? {} : { maxDisconnectionMs: recovery.maxDisconnectionMs }),
  });
  return createHub<never>({ topics });
}
