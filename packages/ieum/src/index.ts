/// <reference types="node" preserve="true" />
export type { Channel } from './channel/channel.js';
export type { Clock } from './channel/clock.js';
export type {
  ExchangeRequest,
  HttpExchange,
  HttpHandler,
  ResponseBody,
  ResponseHeaders,
  WholeResponse,
} from './channel/http-exchange.js';
export type { SendPolicy, SendQueueOptions, SendResult } from './channel/send-queue.js';
export type { Close } from './core/close.js';
export { CloseCode, describeCloseCode } from './core/close-code.js';
export type { CloseCause, CloseRecord } from './core/close-record.js';
export { UsageError, type UsageErrorCode } from './core/errors.js';
export type { HeaderField, HeaderFields } from './core/handshake/header-fields.js';
export { type Refusal, refuse } from './core/handshake/refusal.js';
export type { KeepaliveOptions } from './core/keepalive.js';
export type { BinaryMessage, Message, TextMessage } from './core/message.js';
export {
  type Outgoing,
  type Payload,
  PreparedMessage,
  prepareMessage,
  type SendOptions,
} from './core/outgoing.js';
export type { Violation, ViolationCode } from './core/violation.js';
export type { OriginPolicy } from './node/admission/origin-policy.js';
export { type Acceptance, type Authenticate, type Authentication, accept } from './node/authentication.js';
export { type ConnectOptions, connect } from './node/connect.js';
export type { DeflateOptions } from './node/deflate/deflate-options.js';
export { ConnectError, type ConnectErrorCode } from './node/dial/connect-error.js';
export type { DrainOptions, DrainReport } from './node/drain.js';
export type { HttpHandlers } from './node/http/http-routes.js';
export type { ListeningAddress, ListenOptions } from './node/http-listener.js';
export type { ReceiveBudget } from './node/inbox.js';
export { HandshakeError, type HandshakeErrorCode } from './node/opening/handshake-error.js';
export type { OpeningOptions } from './node/opening/open-stream.js';
export { SharedConnections } from './node/opening/shared-connections.js';
export type { Peer, PeerStreams } from './node/peer.js';
export type { PeerHandlers } from './node/peer-handlers.js';
export type { PeerOptions } from './node/peer-options.js';
export type { PingResult } from './node/ping-tracker.js';
export type { ChooseSubprotocol, Route, Routes } from './node/routes.js';
export type { ObservedOpening, ServerObserver, Traffic } from './node/server-observer.js';
export type { ServerOptions, ServerTlsOptions } from './node/server-options.js';
export type { UpgradeRequest } from './node/upgrade-request.js';
export { createServer, type WebSocketServer } from './node/websocket-server.js';
export { CloseEvent, type CloseEventInit } from './node/whatwg/close-event.js';
export type { EventHandler } from './node/whatwg/event-handlers.js';
export { type FailureCause, FailureEvent } from './node/whatwg/failure-event.js';
export { WebSocket, type WebSocketEventMap } from './node/whatwg/websocket.js';
export { type WebSocketCloseInfo, WebSocketError } from './node/whatwg/websocket-error.js';
export type { WebSocketOptions } from './node/whatwg/websocket-options.js';
export {
  type WebSocketOpenInfo,
  WebSocketStream,
  type WebSocketStreamOptions,
} from './node/whatwg/websocket-stream.js';
