import type { Channel } from '../../channel/channel.js';
import type { Clock } from '../../channel/clock.js';
import { CloseCode } from '../../core/close-code.js';

import type { EngineSocket } from './engine-socket.js';
import { OutgoingPacket } from './outgoing-packet.js';
import { type IncomingMessage, packetOfMessage, type WebSocketTransport } from './websocket-transport.js';

/** A WebSocket connection that carries a session, or asks to take one over from polling. */
export class EngineConnection {
  readonly #channel: Channel;
  readonly #transport: WebSocketTransport;
  readonly #socket: EngineSocket;
  #state: 'asking' | 'probed' | 'carrying';
  #cancelTimer: () => void = ignore;

  private constructor(
    parts: {
      readonly channel: Channel;
      readonly transport: WebSocketTransport;
      readonly socket: EngineSocket;
    },
    state: 'asking' | 'carrying',
  ) {
    this.#channel = parts.channel;
    this.#transport = parts.transport;
    this.#socket = parts.socket;
    this.#state = state;
  }

  /** One that the session was opened over. */
  static carrying(channel: Channel, transport: WebSocketTransport, socket: EngineSocket): EngineConnection {
    return new EngineConnection({ channel, transport, socket }, 'carrying');
  }

  /** One that asks to take over, and has `timeoutMs` for it. */
  static probing(
    parts: {
      readonly channel: Channel;
      readonly transport: WebSocketTransport;
      readonly socket: EngineSocket;
    },
    clock: Pick<Clock, 'setTimer'>,
    timeoutMs: number,
  ): EngineConnection {
    const connection = new EngineConnection(parts, 'asking');
    connection.#cancelTimer = clock.setTimer(() => connection.#refuse(), timeoutMs);
    return connection;
  }

  /** Takes the next message. The promise never rejects. */
  receive(message: IncomingMessage): void | Promise<void> {
    const packet = packetOfMessage(message);
    if (this.#state === 'carrying') {
      if (packet.type !== 'violation') return this.#socket.receive(packet);
      void this.#channel.close(CloseCode.ProtocolError, packet.message);
      this.#socket.handleEnd('parse error');
    } else if (this.#state === 'asking' && packet.type === 'ping' && packet.data === 'probe') {
      this.#state = 'probed';
      void this.#transport.send(probeAnswer);
      this.#socket.handleProbed(this.#transport);
    } else if (this.#state === 'probed' && packet.type === 'upgrade') {
      return this.#upgrade();
    } else {
      this.#refuse();
    }
    return undefined;
  }

  /** The channel is gone. */
  close(): void {
    this.#cancelTimer();
    if (this.#state === 'carrying') this.#socket.handleEnd('transport close');
    else this.#socket.cancelProbe(this.#transport);
  }

  #upgrade(): void | Promise<void> {
    const busy = this.#socket.upgrade(this.#transport);
    if (busy === null) return this.#refuse();
    this.#cancelTimer();
    this.#state = 'carrying';
    return busy;
  }

  /** It does not take over: the session stays where it is. */
  #refuse(): void {
    this.#cancelTimer();
    this.#socket.cancelProbe(this.#transport);
    void this.#channel.close();
  }
}

const probeAnswer = new OutgoingPacket('pong', 'probe');

function ignore(): void {}
