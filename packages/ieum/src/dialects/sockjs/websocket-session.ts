import type { Channel } from '../../channel/channel.js';
import type { SendResult } from '../../channel/send-queue.js';
import { decodeText, encodeClose, heartbeatFrame, openFrame } from '../../codecs/sockjs/index.js';
import type { Close } from '../../core/close.js';
import { CloseCode } from '../../core/close-code.js';
import type { CloseRecord } from '../../core/close-record.js';
import type { Message } from '../../core/message.js';
import type { Outgoing } from '../../core/outgoing.js';

import { type Carrier, ServiceChannel } from './service-channel.js';
import type { SockJsSettings } from './sockjs-options.js';
import type { SockJsRequest } from './sockjs-request.js';

/** A session that is a WebSocket connection, with the frames of SockJS or, for `raw-websocket`, without any. */
export class WebSocketSession implements Carrier {
  readonly #peer: Channel;
  readonly #settings: SockJsSettings;
  readonly #channel: ServiceChannel;
  readonly #isFramed: boolean;
  #isClosed = false;
  #cancelTimer: () => void = ignore;

  constructor(peer: Channel, request: SockJsRequest, settings: SockJsSettings) {
    this.#peer = peer;
    this.#settings = settings;
    this.#isFramed = request.transport === 'websocket';
    this.#channel = new ServiceChannel(this, request, settings);
  }

  start(): void {
    void this.#peer.closed.then((record) => this.#handleGone(record));
    if (this.#isFramed) {
      this.#peer.send(openFrame);
      this.#scheduleHeartbeat();
    }
    this.#channel.start();
  }

  get bufferedBytes(): number {
    return this.#peer.bufferedBytes;
  }

  send(data: Outgoing): SendResult | Promise<SendResult> {
    const sent = this.#isFramed ? this.#settings.quoter.frame(data) : data;
    return this.#isClosed ? 'closed' : this.#peer.send(sent);
  }

  close({ code, reason }: Close): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer();
    if (this.#isFramed) this.#peer.send(encodeClose(code, reason));
    void this.#peer.close(code, reason);
  }

  /** Takes a message of the connection; the next one waits for the promise that this may return, which never rejects. */
  receive(message: Message): void | Promise<void> {
    if (this.#isClosed) return undefined;
    if (!this.#isFramed) return this.#channel.receive([message]);
    if (message.type === 'binary') return this.#fail(CloseCode.UnsupportedData, 'SockJS is text');
    const decoded = decodeText(message.data);
    if (decoded.type === 'messages') return this.#channel.receive(decoded.messages);
    if (decoded.type !== 'empty') this.#fail(CloseCode.ProtocolError, 'Broken framing.');
  }

  /** The connection is gone, and all that came on it was received. */
  handleFinished(record: CloseRecord): void {
    this.#handleGone(record);
    this.#channel.handleEnd();
  }

  #handleGone(record: CloseRecord): void {
    this.#isClosed = true;
    this.#cancelTimer();
    this.#channel.handleGone(record);
  }

  #fail(code: number, reason: string): void {
    this.#isClosed = true;
    this.#cancelTimer();
    void this.#peer.close(code, reason);
  }

  #scheduleHeartbeat(): void {
    this.#cancelTimer = this.#settings.clock.setTimer(() => {
      // What waits is read before a heartbeat is, and says as much.
      if (this.#peer.bufferedBytes === 0) this.#peer.send(heartbeatFrame);
      this.#scheduleHeartbeat();
    }, this.#settings.heartbeatIntervalMs);
  }
}

function ignore(): void {}
