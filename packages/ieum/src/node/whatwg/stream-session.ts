import type { SendResult } from '../../channel/send-queue.js';
import type { Close } from '../../core/close.js';
import type { CloseRecord } from '../../core/close-record.js';
import type { ConnectionState } from '../../core/connection-state.js';
import type { Payload } from '../../core/outgoing.js';

import type { ConnectionDriver } from '../connection-driver.js';
import type { DriverFace } from '../driver-face.js';
import { MessageIterator } from '../message-iterator.js';

import type { StreamedConnection } from './message-streams.js';

/** What happens behind a `WebSocketStream`: messages wait in the driver's inbox until a stream pulls them. */
export class StreamSession implements DriverFace {
  readonly consumesMessages = false;
  #messages: MessageIterator | null = null;
  #resolveClosed: (record: CloseRecord) => void = () => {};
  readonly #closed = new Promise<CloseRecord>((resolve) => {
    this.#resolveClosed = resolve;
  });

  /** The connection for its streams. The driver is not started. */
  attach(driver: ConnectionDriver): StreamedConnection {
    const messages = new MessageIterator(driver, false);
    this.#messages = messages;
    return {
      get state(): ConnectionState {
        return driver.state;
      },
      messages,
      closed: this.#closed,
      send: (data: Payload): SendResult | Promise<SendResult> => driver.send(data),
      whenRoom: () => driver.whenRoom(),
      close: (close: Close) => driver.close(close),
    };
  }

  handleMessage(): void {}

  handleReadable(): void {
    this.#messages?.handleReadable();
  }

  handlePing(): void {}

  handlePong(): void {}

  handleClosed(record: CloseRecord): void {
    this.#messages?.handleEnd();
    this.#resolveClosed(record);
  }

  handleFinished(): void {}
}
