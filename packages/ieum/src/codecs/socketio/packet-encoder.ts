import { attach, detach } from './attachments.js';
import { type EncodedArgs, type EncodedPacket, PacketDigit, type ServerPacket } from './packet.js';

/** Encodes what a server sends. @throws TypeError when JSON cannot hold it */
export function encodePacket(packet: ServerPacket): EncodedPacket {
  const prefix = prefixOf(packet.namespace);
  switch (packet.type) {
    case 'connect': {
      const { sid, pid } = packet;
      const session = pid === undefined ? { sid } : { sid, pid };
      return plain(`${PacketDigit.Connect}${prefix}${JSON.stringify(session)}`);
    }
    case 'disconnect':
      return plain(`${PacketDigit.Disconnect}${prefix}`);
    case 'connect-error': {
      const { message, data } = packet;
      return plain(`${PacketDigit.ConnectError}${prefix}${JSON.stringify({ message, data })}`);
    }
    case 'event':
      return encodeEvent(packet.namespace, packet.id, encodeArgs(packet.args));
    case 'ack':
      return withHead(PacketDigit.Ack, `${prefix}${packet.id}`, encodeArgs(packet.args));
  }
}

/** Encodes arguments, an event's name first, for many packets. @throws TypeError when JSON cannot hold them */
export function encodeArgs(args: readonly unknown[]): EncodedArgs {
  return detach(args);
}

/** What was encoded, of a sender who is trusted. Throws the platform's `SyntaxError` when it is no JSON. */
export function decodeArgs({ json, attachments }: EncodedArgs): unknown[] {
  const args = JSON.parse(json) as unknown[];
  if (attachments.length > 0) attach(args, attachments);
  return args;
}

/** An event with arguments that were encoded before. */
export function encodeEvent(namespace: string, id: number | null, args: EncodedArgs): EncodedPacket {
  return withHead(PacketDigit.Event, `${prefixOf(namespace)}${id ?? ''}`, args);
}

/** The same arguments with one more string behind them. */
export function withLastArgument({ json, attachments }: EncodedArgs, value: string): EncodedArgs {
  return { json: `${json.slice(0, -1)},${JSON.stringify(value)}]`, attachments };
}

function withHead(digit: number, head: string, { json, attachments }: EncodedArgs): EncodedPacket {
  const type = attachments.length === 0 ? `${digit}` : `${digit + binaryDistance}${attachments.length}-`;
  return { text: `${type}${head}${json}`, attachments };
}

function prefixOf(namespace: string): string {
  return namespace === '/' ? '' : `${namespace},`;
}

function plain(text: string): EncodedPacket {
  return { text, attachments: [] };
}

/** From the type of a packet to that of the same with attachments. */
const binaryDistance = PacketDigit.BinaryEvent - PacketDigit.Event;
