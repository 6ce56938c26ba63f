import { decodePacket, type Packet, type PacketViolation } from './packet.js';

/**
 * Decodes the packets of a payload, which U+001E separates, one after the other as they are asked for: a payload of many
 * small packets costs no more than its text. Ends with the first violation. Never throws.
 */
export function* decodePayload(payload: string): Generator<Packet | PacketViolation, void, undefined> {
  let start = 0;
  while (start <= payload.length) {
    const separator = payload.indexOf(packetSeparator, start);
    const end = separator === -1 ? payload.length : separator;
    const packet = decodePacket(payload.slice(start, end));
    yield packet;
    if (packet.type === 'violation') return;
    start = end + 1;
  }
}

/** What stands between two packets of a payload: the record separator of ASCII. */
export const packetSeparator = '\u001e';
