import type { Close } from '../../core/close.js';

import type { ConnectionDriver } from '../connection-driver.js';

import { byteLengthOfData } from './message-data.js';

/**
 * What an application sends on its way to the driver. A Blob's bytes are read first, and everything sent after it waits
 * behind it, the Close frame too. Counts the payload bytes that are not with the operating system yet.
 */
export class SendLane {
  readonly #driver: ConnectionDriver;
  /** Told when a Blob cannot be read: a message cannot be left out, so the connection has to end. */
  readonly #handleUnreadable: (error: unknown) => void;
  /** The Blob that is being read, and all that was sent after it. */
  #waiting: (string | Uint8Array | Blob)[] = [];
  #waitingBytes = 0;
  /** Bytes that the driver took and that had not left when last looked. */
  #handedBytes = 0;
  /** Bytes that were sent too late ever to leave. */
  #lostBytes = 0;
  /** Something was sent in this task: until it ends, nothing counts as having left. */
  #sentInThisTask = false;
  #close: Close | null = null;

  constructor(driver: ConnectionDriver, handleUnreadable: (error: unknown) => void) {
    this.#driver = driver;
    this.#handleUnreadable = handleUnreadable;
  }

  /** Payload bytes that were sent and did not leave. Goes down only between tasks, and no more once the connection is gone. */
  get bufferedAmount(): number {
    if (!this.#sentInThisTask) this.#recount();
    return this.#waitingBytes + this.#handedBytes + this.#lostBytes;
  }

  /** Sends a message; the bytes of a view may change afterwards. */
  send(data: string | Uint8Array | Blob): void {
    if (!this.#isOpen()) {
      this.#lostBytes += byteLengthOfData(data);
      return;
    }
    if (this.#waiting.length === 0 && !(data instanceof Blob)) {
      this.#hand(this.#driver.isCongested ? copied(data) : data);
      return;
    }
    this.#waiting.push(copied(data));
    this.#waitingBytes += byteLengthOfData(data);
    if (this.#waiting.length === 1) void this.#advance();
  }

  /** Begins the closing handshake behind everything that was sent. */
  close(close: Close): void {
    if (this.#waiting.length === 0) this.#driver.close(close);
    else this.#close ??= close;
  }

  #isOpen(): boolean {
    return this.#driver.state === 'open' && this.#close === null;
  }

  async #advance(): Promise<void> {
    for (let data = this.#waiting[0]; data !== undefined; data = this.#waiting[0]) {
      const read = data instanceof Blob ? await this.#read(data) : data;
      if (read === null) return;
      this.#waiting.shift();
      this.#waitingBytes -= byteLengthOfData(data);
      this.#hand(read);
    }
    if (this.#close !== null) this.#driver.close(this.#close);
  }

  async #read(blob: Blob): Promise<Uint8Array | null> {
    try {
      return new Uint8Array(await blob.arrayBuffer());
    } catch (error) {
      this.#handleUnreadable(error);
      return null;
    }
  }

  #hand(data: string | Uint8Array): void {
    const byteLength = byteLengthOfData(data);
    if (this.#driver.state !== 'open') {
      this.#lostBytes += byteLength;
      return;
    }
    this.#handedBytes += byteLength;
    void this.#driver.send(data);
    if (this.#sentInThisTask) return;
    this.#sentInThisTask = true;
    setImmediate(() => this.#endTask());
  }

  #endTask(): void {
    this.#sentInThisTask = false;
    this.#recount();
    if (this.#handedBytes > 0) void this.#driver.whenRoom().then(() => this.#recount());
  }

  /** The driver counts frame headers too, which come to nothing when it has nothing left. */
  #recount(): void {
    const { state, bufferedBytes } = this.#driver;
    if (state === 'open' || state === 'closing')
      this.#handedBytes = Math.min(this.#handedBytes, bufferedBytes);
  }
}

function copied<Data extends string | Blob>(data: Data | Uint8Array): Data | Uint8Array {
  return data instanceof Uint8Array ? data.slice() : data;
}
