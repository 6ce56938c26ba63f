/// <reference types="node" preserve="true" />

export type { CorsOptions, CorsOrigin } from './cors.js';
export type { EngineHandlers, EngineIoOptions } from './engine-options.js';
export type { EngineRequest, UpgradeDescription } from './engine-request.js';
export type { EngineSocket } from './engine-socket.js';
export type { EngineCloseReason } from './engine-transport.js';
export {
  createEngineIoDialect,
  type EngineEndpoints,
  type EngineIoDialect,
  type EnginePeer,
  type EngineRoute,
  type EngineUpgradeRefusal,
} from './engineio-dialect.js';
export { OutgoingPacket } from './outgoing-packet.js';
export type { IncomingMessage } from './websocket-transport.js';
