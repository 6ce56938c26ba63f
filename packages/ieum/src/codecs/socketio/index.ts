export {
  type ClientPacket,
  type EncodedPacket,
  type PacketLimits,
  type PacketViolation,
  packetLimits,
  reservedEvents,
  type ServerPacket,
} from './packet.js';
export { type Incomplete, PacketDecoder } from './packet-decoder.js';
export { encodePacket, withLastArgument } from './packet-encoder.js';
