import type { SendResult } from '../../channel/send-queue.js';
import type { Packet } from '../../codecs/engineio/index.js';

import type { OutgoingPacket } from './outgoing-packet.js';

/** What carries the packets of a session. */
export interface EngineTransport {
  readonly name: 'polling' | 'websocket';
  /** Bytes that were sent and not taken yet. */
  readonly bufferedBytes: number;
  /** Whether what is sent now goes out at once. */
  readonly isWritable: boolean;
  send(packet: OutgoingPacket): SendResult | Promise<SendResult>;
  /** Ends it behind what was sent; the owner is told when that is done. */
  end(): void;
  /** Ends it at once. */
  abort(): void;
}

/** Why a session ended, in the words of Engine.IO. */
export type EngineCloseReason =
  /** The client closed it, or its connection went away. */
  | 'transport close'
  /** The client broke a rule of the transport, or was too slow to be kept. */
  | 'transport error'
  | 'parse error'
  | 'ping timeout'
  /** `close()` was called. */
  | 'forced close';

/** What a transport tells its session. */
export interface TransportOwner {
  /** The promise says that the next packet is not to be taken before. It never rejects. */
  receive(packet: Packet): void | Promise<void>;
  /** The transport is gone, or is to be given up. */
  handleEnd(reason: EngineCloseReason): void;
}
