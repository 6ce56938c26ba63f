import type { Channel } from '../../channel/channel.js';
import type { SendResult } from '../../channel/send-queue.js';
import { decodePacket, type Packet, type PacketViolation } from '../../codecs/engineio/index.js';

import type { EngineTransport } from './engine-transport.js';
import type { OutgoingPacket } from './outgoing-packet.js';

/** A message as a channel gives it. */
export type IncomingMessage =
  | { readonly type: 'text'; readonly data: string }
  | { readonly type: 'binary'; readonly data: Uint8Array };

/** Each packet is a WebSocket message. */
export class WebSocketTransport implements EngineTransport {
  readonly name = 'websocket';
  readonly #channel: Channel;
  /** Clients that cannot take binary messages ask for base64. */
  readonly #onlyText: boolean;

  constructor(channel: Channel, onlyText: boolean) {
    this.#channel = channel;
    this.#onlyText = onlyText;
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedBytes;
  }

  get isWritable(): boolean {
    return this.#channel.bufferedBytes < maxWritableBytes;
  }

  send(packet: OutgoingPacket): SendResult | Promise<SendResult> {
    return this.#channel.send(this.#onlyText ? packet.text : packet.message);
  }

  end(): void {
    void this.#channel.close();
  }

  abort(): void {
    void this.#channel.close();
  }
}

/** What is sent in one turn waits for its end. */
const maxWritableBytes = 16 * 1024;

/** The packet that a WebSocket message is. */
export function packetOfMessage({ type, data }: IncomingMessage): Packet | PacketViolation {
  return type === 'text' ? decodePacket(data) : { type: 'message', data };
}
