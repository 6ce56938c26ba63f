import { type CloseRecord, type ConnectOptions, connect, type Message, type Payload, type Peer } from 'ieum';

import { formatHex } from './hex.js';
import type { SessionView } from './session-view.js';

/** One connection from the terminal: passes on what is asked of it and shows what happens. */
export class ConnectSession {
  readonly #view: SessionView;
  #peer: Peer<undefined> | null = null;
  /** Payloads, in hexadecimal, of Pings that are not answered. */
  readonly #pings = new Set<string>();
  #pingsSent = 0;
  #receiving = 0;
  #receivedAt = 0;

  constructor(view: SessionView) {
    this.#view = view;
  }

  /**
   * Connects, calls `begin` once that is done, and resolves when the connection is gone and everything was shown.
   *
   * @throws as `connect` of the library does
   */
  async run(url: string, options: ConnectOptions, begin: () => void): Promise<CloseRecord> {
    const view = this.#view;
    const { promise, resolve } = resolvable<CloseRecord>();
    const peer = await connect(url, {
      ...options,
      open: (opened) => view.opened(opened),
      message: (_peer, message) => this.#receive(message),
      ping: (_peer, payload) => view.pinged(payload),
      pong: (_peer, payload) => this.#receivePong(payload),
      closed: (_peer, record) => resolve(record),
    });
    this.#peer = peer;
    begin();
    const record = await promise;
    view.closed(record);
    return record;
  }

  /** Milliseconds since a message was shown; zero while one is, and while something we sent is on its way. */
  get silenceMs(): number {
    const isBusy = this.#receiving > 0 || (this.#peer?.bufferedBytes ?? 0) > 0;
    return isBusy ? 0 : performance.now() - this.#receivedAt;
  }

  /** Sends a message and resolves when there is room for the next one. */
  async send(payload: Payload): Promise<void> {
    const result = await this.#peer?.send(payload);
    if (result === 'written' || result === 'queued') this.#view.sent(payload);
  }

  /** Sends a Ping; its Pong is shown. @throws UsageError for a payload of more than 125 bytes */
  ping(text: string): void {
    const payload = Buffer.from(text === '' ? String(++this.#pingsSent) : text);
    const answered = this.#peer?.ping(payload);
    this.#pings.add(formatHex(payload));
    void answered?.then((result) => {
      this.#pings.delete(formatHex(payload));
      if (result.type === 'pong') this.#view.ponged(payload, result.roundTripMs);
    });
  }

  /** Begins the closing handshake. @throws UsageError for a code or a reason that cannot be sent */
  close(code = 1000, reason = ''): void {
    void this.#peer?.close(code, reason);
  }

  /** Closes with `code`; false when there is no connection yet. */
  end(code: number): boolean {
    if (this.#peer === null) return false;
    this.close(code);
    return true;
  }

  #receive(message: Message): void | Promise<void> {
    const shown = this.#view.received(message);
    this.#receivedAt = performance.now();
    if (!(shown instanceof Promise)) return;
    this.#receiving++;
    return shown.then(() => {
      this.#receiving--;
      this.#receivedAt = performance.now();
    });
  }

  #receivePong(payload: Uint8Array): void {
    const isAnswer = this.#pings.has(formatHex(payload)) || payload.length === 0;
    if (!isAnswer) this.#view.ponged(payload, null);
  }
}

function resolvable<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
