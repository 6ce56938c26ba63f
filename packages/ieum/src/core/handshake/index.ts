export { acceptFor, createKey, isKey } from './accept-key.js';
export {
  type CreatedOpeningRequest,
  checkOpeningResponse,
  createOpeningRequest,
  type HandshakeFailureCode,
  type OpeningRequestOptions,
  type OpeningResponseCheck,
  type ResponseExpectation,
} from './client-handshake.js';
export {
  type ConnectRequest,
  type ConnectRequestCheck,
  type ConnectResponseCheck,
  checkConnectRequest,
  checkConnectResponse,
  createConnectRequest,
  formatConnectAnswer,
  formatConnectRefusal,
} from './extended-connect.js';
export {
  type ExtensionOffer,
  type ExtensionParam,
  formatExtensionList,
  parseExtensionList,
} from './extension-list.js';
export {
  type HeadDecoder,
  type HeadLimits,
  type HeadStep,
  type RequestHead,
  type ResponseHead,
  requestDecoder,
  responseDecoder,
} from './head-decoder.js';
export { type HeaderField, HeaderFields } from './header-fields.js';
export { hasToken, isFieldValue, isHost, isToken, parseTokenList } from './http-grammar.js';
export {
  type Answer,
  type AnswerCheck,
  checkAnswer,
  checkOffer,
  formatAnswer,
  formatOffer,
  type NegotiationFailureCode,
  type Offer,
  type OfferCheck,
} from './negotiation.js';
export { isSameOrigin } from './origin.js';
export { formatRefusal, type Refusal, refuse } from './refusal.js';
export {
  checkOpeningRequest,
  formatSwitchingProtocols,
  type OpeningRequest,
  type OpeningRequestCheck,
  type OpeningRequestShape,
} from './server-handshake.js';
export type { RequestLine, StatusLine } from './start-line.js';
export { checkSubprotocols, parseSubprotocols } from './subprotocols.js';
export { parseWebSocketUri, type WebSocketUri } from './websocket-uri.js';
