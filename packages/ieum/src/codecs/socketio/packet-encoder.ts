import { detach } from './attachments.js';
import { type EncodedPacket, PacketDigit, type ServerPacket } from './packet.js';

/** Encodes what a server sends. @throws TypeError when JSON cannot hold it */
export function encodePacket(packet: ServerPacket): EncodedPacket {
  const prefix = packet.namespace === '/' ? '' : `${packet.namespace},`;
  switch (packet.type) {
    case 'connect': {
      const { sid, pid } = packet;
      return plain(
        `${PacketDigit.Connect}${prefix}${JSON.stringify(pid === undefined ? { sid } : { sid, pid })}`,
      );
    }
    case 'disconnect':
      return plain(`${PacketDigit.Disconnect}${prefix}`);
    case 'connect-error': {
      const { message, data } = packet;
      return plain(`${PacketDigit.ConnectError}${prefix}${JSON.stringify({ message, data })}`);
    }
    case 'event':
      return encodeArgs(PacketDigit.Event, prefix, packet);
    case 'ack':
      return encodeArgs(PacketDigit.Ack, prefix, packet);
  }
}

/** The same packet with one more string behind its arguments. */
export function withLastArgument({ text, attachments }: EncodedPacket, value: string): EncodedPacket {
  return { text: `${text.slice(0, -1)},${JSON.stringify(value)}]`, attachments };
}

function encodeArgs(
  digit: number,
  prefix: string,
  { id, args }: { readonly id: number | null; readonly args: readonly unknown[] },
): EncodedPacket {
  const { json, attachments } = detach(args);
  const head = attachments.length === 0 ? `${digit}` : `${digit + binaryDistance}${attachments.length}-`;
  return { text: `${head}${prefix}${id ?? ''}${json}`, attachments };
}

function plain(text: string): EncodedPacket {
  return { text, attachments: [] };
}

/** From the type of a packet to that of the same with attachments. */
const binaryDistance = PacketDigit.BinaryEvent - PacketDigit.Event;
