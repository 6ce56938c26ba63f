export {
  type ClientPacket,
  type EncodedArgs,
  type EncodedPacket,
  type PacketLimits,
  type PacketViolation,
  packetLimits,
  reservedEvents,
  type ServerPacket,
} from './packet.js';
export { type Incomplete, PacketDecoder } from './packet-decoder.js';
export { decodeArgs, encodeArgs, encodeEvent, encodePacket, withLastArgument } from './packet-encoder.js';
