export {
  agreeHeartBeat,
  negotiateVersion,
  parseHeartBeat,
  type StompFrame,
  type StompVersion,
  type StompViolation,
  type StompViolationCode,
  stompVersions,
} from './frame.js';
export { StompDecoder, type StompLimits, type StompStep } from './frame-decoder.js';
export { encodeHeaders, encodeRest, encodeStompFrame, type OutgoingFrame } from './frame-encoder.js';
export { parseSelector, type Selector, type SelectorResult } from './selector.js';
