export {
  checkQuery,
  EngineError,
  type EngineQuery,
  type EngineRefusal,
  type EngineTransport,
  type OpenData,
} from './handshake.js';
export { decodePacket, encodePacket, type Packet, type PacketType, type PacketViolation } from './packet.js';
export { decodePayload, packetSeparator } from './payload.js';
