/// <reference types="node" preserve="true" />

export { stompUserTopic } from './destination.js';
export { createStompQueues, type QueueOptions, type QueueTable as StompQueues } from './queue-table.js';
export type { StompErrorCode } from './refusal.js';
export type { IncomingMessage, StompLogin } from './stomp-connection.js';
export {
  createStompDialect,
  createStompRoute,
  type StompDialect,
  type StompDialectOptions,
  type StompHub,
  type StompPeer,
  type StompRoute,
  stompSubprotocols,
} from './stomp-dialect.js';
