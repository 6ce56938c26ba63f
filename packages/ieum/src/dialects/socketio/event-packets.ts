import { type EncodedArgs, type EncodedPacket, encodeEvent } from '../../codecs/socketio/index.js';
import { OutgoingPacket } from '../engineio/index.js';

/** The messages that an event is: one serves all who get it. */
export function eventPackets(namespace: string, id: number | null, args: EncodedArgs): OutgoingPacket[] {
  return messagesOf(encodeEvent(namespace, id, args));
}

/** The messages that a packet is: its text, and its attachments. */
export function messagesOf({ text, attachments }: EncodedPacket): OutgoingPacket[] {
  return [text, ...attachments].map((data) => new OutgoingPacket('message', data));
}
