/// <reference types="node" preserve="true" />

export { BroadcastOperator } from './broadcast-operator.js';
export type { NamespaceMatcher } from './child-namespaces.js';
export type { Client } from './client.js';
export type { DefaultEventsMap, DisconnectReason, SocketReservedEvents } from './event-types.js';
export type { Handshake } from './handshake.js';
export type { ExtendedError, Middleware } from './middleware.js';
export { type AnyNamespace, Namespace } from './namespace.js';
export { RemoteSocket } from './remote-socket.js';
export { Server } from './server.js';
export type { ServerOptions, SocketIoHub } from './server-options.js';
export { Socket } from './socket.js';
export type { SocketEmission } from './socket-emission.js';
export { type SocketIoTopicsOptions, socketIoTopics } from './topics.js';
