export { type ClientMessage, decodeClientMessage, encodeClientMessage } from './client-message.js';
export type { Content, ContentFormat, WireHeaders, WireMember, WirePosition } from './content.js';
export type { EnvelopeViolation } from './envelope.js';
export {
  decodeServerMessage,
  encodeServerMessage,
  type Published,
  type ServerMessage,
  type WireLimits,
} from './server-message.js';
