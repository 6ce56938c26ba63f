/// <reference types="node" preserve="true" />
export { type Close, checkClose } from './close.js';
export { CloseCode, describeCloseCode, isWireCloseCode } from './close-code.js';
export type { CloseCause, CloseRecord } from './close-record.js';
export { Connection } from './connection.js';
export type {
  ClosedEvent,
  ClosingEvent,
  ConnectionEvent,
  PingEvent,
  PongEvent,
  ViolationEvent,
} from './connection-event.js';
export { type ConnectionOptions, ConnectionSettings, connectionDefaults } from './connection-options.js';
export type { ConnectionState } from './connection-state.js';
export { UsageError, type UsageErrorCode } from './errors.js';
export type { MessageExtension } from './extension.js';
export { DecodeStep, FrameDecoder } from './frame-decoder.js';
export { encodeFrame, type FrameToEncode } from './frame-encoder.js';
export { checkFrameHeader, type FrameContext, type FrameHeader, type Role } from './frame-header.js';
export type { MaskingKeySource } from './frame-writer.js';
export {
  type Answer,
  type AnswerCheck,
  acceptFor,
  type ConnectRequest,
  type ConnectRequestCheck,
  type ConnectResponseCheck,
  type CreatedOpeningRequest,
  checkAnswer,
  checkConnectRequest,
  checkConnectResponse,
  checkOffer,
  checkOpeningRequest,
  checkOpeningResponse,
  checkSubprotocols,
  createConnectRequest,
  createKey,
  createOpeningRequest,
  type ExtensionOffer,
  type ExtensionParam,
  formatAnswer,
  formatConnectAnswer,
  formatConnectRefusal,
  formatExtensionList,
  formatOffer,
  formatRefusal,
  formatSwitchingProtocols,
  type HandshakeFailureCode,
  type HeadDecoder,
  type HeaderField,
  HeaderFields,
  type HeadLimits,
  type HeadStep,
  hasToken,
  isFieldValue,
  isHost,
  isKey,
  isSameOrigin,
  isToken,
  type NegotiationFailureCode,
  type Offer,
  type OfferCheck,
  type OpeningRequest,
  type OpeningRequestCheck,
  type OpeningRequestOptions,
  type OpeningRequestShape,
  type OpeningResponseCheck,
  parseExtensionList,
  parseSubprotocols,
  parseTokenList,
  parseWebSocketUri,
  type Refusal,
  type RequestHead,
  type RequestLine,
  type ResponseExpectation,
  type ResponseHead,
  refuse,
  requestDecoder,
  responseDecoder,
  type StatusLine,
  type WebSocketUri,
} from './handshake/index.js';
export type { KeepaliveOptions } from './keepalive.js';
export { applyMask, type MaskingKey } from './masking/masking.js';
export { BinaryMessage, type Message, TextMessage } from './message.js';
export { Opcode } from './opcode.js';
export { type Outgoing, type Payload, PreparedMessage, prepareMessage } from './outgoing.js';
export type { TransportDirective } from './transport-directive.js';
export { isValidUtf8, Utf8Validator } from './utf8.js';
export type { Violation, ViolationCode } from './violation.js';
