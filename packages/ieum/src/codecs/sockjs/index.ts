export { type ClientMessages, decodeBody, decodeText } from './client-messages.js';
export {
  type FrameFormat,
  formatOf,
  isCallback,
  type ReceivingTransport,
  receivingTransports,
} from './frame-format.js';
export { parsePlace, type SessionPlace, type SockJsPlace, type SockJsTransport } from './place.js';
export { encodeClose, encodeMessages, heartbeatFrame, openFrame, quoteMessage } from './server-frame.js';
