import { Buffer } from 'node:buffer';
import { type Close, checkClose, decodeClose, encodeClose, isClose } from './close.js';
import { CloseCode } from './close-code.js';
import { CloseExchange } from './close-exchange.js';
import type { CloseCause } from './close-record.js';
import type { ConnectionEvent } from './connection-event.js';
import { type ConnectionOptions, ConnectionSettings } from './connection-options.js';
import { type ConnectionState, nextState } from './connection-state.js';
import type { MessageExtension } from './extension.js';
import { Keepalive } from './keepalive.js';
import type { Message } from './message.js';
import { type ControlFrame, type MessageReader, type ReadingRules, spareReaders } from './message-reader.js';
import { MessageSender } from './message-sender.js';
import { Opcode } from './opcode.js';
import { byteLengthOf, controlBytes, isMessage, type Outgoing, type PreparedMessage } from './outgoing.js';
import { OutputBuffer, spareOutputs } from './output-buffer.js';
import type { TransportDirective } from './transport-directive.js';
import type { Violation } from './violation.js';

/**
 * One WebSocket connection after its opening handshake, without any I/O (RFC 6455 §5–§7).
 *
 * Feed it with `receive`, `receiveEnd`, `receiveError`; pull `nextEvent` until it gives null; then write what
 * `takeOutput` gives and obey `transport`. Call `handleDeadline` when `deadline` has come. All times are milliseconds on
 * one monotonic clock of the caller. Bytes from the peer never make it throw; wrong calls throw `UsageError`.
 */
export class Connection {
  // What every message touches comes first: with many connections, it has left the caches each time.
  #state: ConnectionState = 'open';
  #transport: TransportDirective = 'open';
  /** What was received and not pulled; null while there is nothing, and once nothing counts any more. */
  #reader: MessageReader | null = null;
  /** Null while nothing was sent that was not taken. */
  #output: OutputBuffer | null = null;
  readonly #rules: ReadingRules;
  readonly #sender: MessageSender;
  /** The latest time that a caller told. */
  #now: number;
  /** When the last bytes came. The keepalive is told when it is asked, so that receiving touches one object less. */
  #heardAt: number;
  /** When the last message came; null while the idle deadline does not run. */
  #messageAt: number | null = null;
  /** How the stream ended; events that came before it are still to be pulled, and may name a better cause. */
  #streamEnd: CloseCause | null = null;

  readonly #settings: ConnectionSettings;
  readonly #keepalive: Keepalive | null;
  /** Null while nobody ends the connection. */
  #exchange: CloseExchange | null = null;
  #closedReported = false;
  /** While the peer does not read: the payload of the latest Ping, still to be answered. */
  #latestPing: Buffer | null = null;
  /** Null while the transport has room. */
  #outputPausedAt: number | null = null;
  /** Meaningless while the connection is open. */
  #closeDeadline = 0;

  /**
   * @param options plain options, or settings that many connections share
   * @param now when the opening handshake was completed
   * @param extension the one that was negotiated, for this connection alone
   * @throws UsageError `ERR_WS_INVALID_OPTION`
   */
  constructor(
    options: ConnectionOptions | ConnectionSettings,
    now: number,
    extension: MessageExtension | null = null,
  ) {
    this.#settings = options instanceof ConnectionSettings ? options : new ConnectionSettings(options);
    const { keepalive } = this.#settings;
    this.#rules = this.#settings.readingRules(extension);
    this.#sender = extension === null ? this.#settings.sender : new MessageSender(this.#settings, extension);
    this.#keepalive = keepalive === null ? null : new Keepalive(keepalive, now);
    this.#now = now;
    this.#heardAt = now;
    this.#restartIdle(now);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get transport(): TransportDirective {
    return this.#transport;
  }

  /** Bytes encoded and not taken yet. */
  get outputByteLength(): number {
    return this.#output === null ? 0 : this.#output.byteLength;
  }

  /**
   * Takes the first `byteLength` bytes of `chunk`. They are lent until `nextEvent` has given null or `keepInput` was
   * called, and they are changed: payloads are unmasked in place. What the events carry is not part of them.
   */
  receive(chunk: Uint8Array, now: number, byteLength: number = chunk.length): void {
    this.#now = now;
    this.#heardAt = now;
    if (this.#state !== 'open' && this.#state !== 'closing') return;
    this.#reader ??= spareReaders.take();
    this.#reader.receive(chunk, byteLength);
  }

  /** Copies what was received and not pulled yet, because its memory is about to be used again. */
  keepInput(): void {
    this.#reader?.keep();
  }

  /** The peer ended its side of the transport (TCP FIN). What it sent before can still be pulled. */
  receiveEnd(): void {
    this.#streamEnd ??= { type: 'end-of-stream' };
  }

  /** The transport failed. What arrived before can still be pulled. */
  receiveError(error: unknown): void {
    this.#streamEnd ??= { type: 'transport', error };
  }

  /** The next event of what was received, or null when more bytes are needed. */
  nextEvent(): ConnectionEvent | null {
    const reader = this.#reader;
    if (reader !== null) {
      const read = reader.next(this.#rules);
      if (read !== null) return this.#receiveRead(read);
      if (reader.decoding !== null) return null;
      if (reader.isAtRest) this.#reader = spareReaders.give(reader);
    }
    return this.#streamEnd === null ? null : this.#nextClosed(this.#streamEnd);
  }

  /**
   * Not null while a message is decoded off the event loop: `nextEvent` gives null until then, and more input should
   * wait. Never rejects.
   */
  get decoding(): Promise<void> | null {
    return this.#reader === null ? null : this.#reader.decoding;
  }

  /**
   * Sends a message; false when the connection is not open and nothing was sent.
   * Payloads of 8 KiB and more are not copied on a server: they must not change until the output is written.
   *
   * @throws UsageError `ERR_WS_INVALID_DATA`
   */
  send(data: Outgoing): boolean {
    const isOpen = this.#state === 'open';
    if (isOpen) this.#sender.send(this.#openOutput(), data);
    else byteLengthOf(data);
    return isOpen;
  }

  /** Whether a message should be encoded off the event loop first: with `encodeLater`, then `sendEncoded`. */
  encodesLater(data: Outgoing): boolean {
    return this.#state === 'open' && this.#sender.encodesLater(data);
  }

  encodeLater(message: PreparedMessage): Promise<Uint8Array | null> {
    return this.#sender.encodeLater(message);
  }

  /** Sends a message as it was encoded by `encodeLater`; messages must be sent in the order in which they were encoded. */
  sendEncoded(message: PreparedMessage, encoded: Uint8Array | null): void {
    if (this.#state === 'open') this.#sender.sendEncoded(this.#openOutput(), message, encoded);
  }

  /** Sends a Ping of at most 125 bytes. @throws UsageError `ERR_WS_INVALID_DATA`, `ERR_WS_CONTROL_PAYLOAD_TOO_LONG` */
  sendPing(payload: ArrayBuffer | ArrayBufferView = noPayload): boolean {
    return this.#sendControl(Opcode.Ping, controlBytes(payload));
  }

  /** Sends a Pong that nobody asked for, of at most 125 bytes. @throws UsageError as `sendPing` does */
  sendPong(payload: ArrayBuffer | ArrayBufferView = noPayload): boolean {
    return this.#sendControl(Opcode.Pong, controlBytes(payload));
  }

  /**
   * Begins the closing handshake; false when it has begun already. `closeTimeoutMs` runs from now.
   *
   * @param cause what the close record shall name as the reason
   * @throws UsageError `ERR_WS_INVALID_CLOSE_CODE`, `ERR_WS_INVALID_CLOSE_REASON`
   */
  sendClose(close: Close, now: number, cause: CloseCause = { type: 'closing-handshake' }): boolean {
    const hasCode = close.code !== CloseCode.NoStatusReceived;
    const checked = checkClose(hasCode ? close.code : undefined, close.reason);
    if (this.#state !== 'open') return false;
    this.#now = now;
    this.#closing.cause ??= cause;
    this.#writeClose(checked);
    this.#state = nextState(this.#state, 'send-close');
    this.#closeDeadline = now + this.#settings.closeTimeoutMs;
    return true;
  }

  /** Gives the transport up, without a closing handshake. */
  abort(cause: CloseCause = { type: 'terminated' }): void {
    if (this.#state === 'closed') return;
    this.#closing.cause ??= cause;
    this.#transport = 'abort';
    this.#state = nextState(this.#state, 'fail');
    this.#streamEnd ??= cause;
    this.#reader = null;
  }

  /** Everything to be written, in order. */
  takeOutput(): readonly Uint8Array[] {
    const output = this.#output;
    if (output === null) return nothing;
    const pieces = output.take();
    this.#output = spareOutputs.give(output);
    return pieces;
  }

  /** What `takeOutput` gave is written and nobody has it any more: the memory is used again. Need not be called. */
  reclaimOutput(pieces: readonly Uint8Array[]): void {
    OutputBuffer.reclaim(pieces);
  }

  /** The transport has no room: from now on only the latest Ping gets its Pong (RFC 6455 §5.5.3). */
  pauseOutput(now: number): void {
    this.#outputPausedAt ??= now;
  }

  /** The transport has room again. */
  resumeOutput(now: number): void {
    this.#outputPausedAt = null;
    // Our Close frame has only now left, or is about to.
    if (this.#state === 'closing') this.#closeDeadline = now + this.#settings.closeTimeoutMs;
    if (this.#latestPing === null) return;
    const payload = this.#latestPing;
    this.#latestPing = null;
    const mayAnswer = this.#state === 'open' || this.#state === 'closing';
    if (mayAnswer) this.#sender.sendControl(this.#openOutput(), Opcode.Pong, payload);
  }

  /** We read no more for now: the peer's silence is not held against it. */
  pauseInput(): void {
    this.#heardKeepalive?.suspend();
    this.#messageAt = null;
  }

  resumeInput(now: number): void {
    this.#heardAt = now;
    this.#heardKeepalive?.resume(now);
    this.#restartIdle(now);
    this.#now = now;
    // The peer's Close frame may have been pulled just now, long after it was received.
    if (this.#state === 'ending') this.#closeDeadline = now + this.#settings.closeTimeoutMs;
  }

  /** Our own process did not run for `stalledMs`: the peer gets that much more time for everything. */
  excuseStall(stalledMs: number): void {
    this.#heardKeepalive?.excuse(stalledMs);
    this.#heardAt += stalledMs;
    if (this.#outputPausedAt !== null) this.#outputPausedAt += stalledMs;
    this.#closeDeadline += stalledMs;
    if (this.#messageAt !== null) this.#messageAt += stalledMs;
  }

  /** When `handleDeadline` has to be called next; infinity when there is nothing to wait for. It may move with every call. */
  deadline(): number {
    if (this.#state === 'closed') return Number.POSITIVE_INFINITY;
    if (this.#state === 'closing' && this.#outputPausedAt !== null) return this.#sendDeadline();
    if (this.#state !== 'open') return this.#closeDeadline;
    return Math.min(
      this.#heardKeepalive?.deadline() ?? Number.POSITIVE_INFINITY,
      this.#sendDeadline(),
      this.#idleDeadline(),
    );
  }

  /** Does what is due at `now`: pings, closes, or gives the peer up. Then pull events and take output. */
  handleDeadline(now: number): void {
    this.#now = now;
    if (now < this.deadline()) return;
    if (this.#state !== 'ending' && now >= this.#sendDeadline()) this.#abandonUnread();
    else if (this.#state !== 'open') this.#abandonClosing();
    else if (now >= this.#idleDeadline())
      this.sendClose(checkClose(CloseCode.GoingAway, 'idle'), now, { type: 'idle' });
    else this.#checkKeepalive(now);
  }

  #sendDeadline(): number {
    if (this.#outputPausedAt === null) return Number.POSITIVE_INFINITY;
    return this.#outputPausedAt + this.#settings.sendTimeoutMs;
  }

  #restartIdle(now: number): void {
    if (this.#settings.idleTimeoutMs !== Number.POSITIVE_INFINITY) this.#messageAt = now;
  }

  #idleDeadline(): number {
    return this.#messageAt === null
      ? Number.POSITIVE_INFINITY
      : this.#messageAt + this.#settings.idleTimeoutMs;
  }

  /** The keepalive, told what it missed. */
  get #heardKeepalive(): Keepalive | null {
    this.#keepalive?.hear(this.#heardAt);
    return this.#keepalive;
  }

  #checkKeepalive(now: number): void {
    const verdict = this.#heardKeepalive?.check(now);
    if (verdict === 'ping') this.sendPing();
    if (verdict === 'dead') this.abort({ type: 'timeout', deadline: 'keepalive' });
  }

  #receiveRead(read: Message | ControlFrame | Violation): ConnectionEvent {
    if (isMessage(read)) {
      if (this.#messageAt !== null) this.#messageAt = Math.max(this.#messageAt, this.#now);
      return read;
    }
    return 'closeCode' in read ? this.#fail(read) : this.#receiveControl(read);
  }

  #receiveControl({ opcode, payload }: ControlFrame): ConnectionEvent {
    if (opcode === Opcode.Close) return this.#receiveClose(payload);
    if (opcode === Opcode.Pong) return { type: 'pong', payload };
    if (this.#outputPausedAt !== null) this.#latestPing = Buffer.from(payload);
    else this.#sender.sendControl(this.#openOutput(), Opcode.Pong, payload);
    return { type: 'ping', payload };
  }

  #receiveClose(payload: Uint8Array): ConnectionEvent {
    const close = decodeClose(payload);
    if (!isClose(close)) return this.#fail(close);
    this.#closing.handleReceived(close);
    this.#closing.cause ??= { type: 'closing-handshake' };
    if (this.#state === 'open') this.#writeClose({ code: close.code, reason: '' });
    this.#state = nextState(this.#state, 'receive-close');
    this.#endTransport();
    return { type: 'closing', close };
  }

  /** RFC 6455 §7.1.7. */
  #fail(violation: Violation): ConnectionEvent {
    this.#closing.cause = { type: 'violation', violation };
    if (this.#state === 'open') this.#writeClose({ code: violation.closeCode, reason: violation.reason });
    this.#state = nextState(this.#state, 'fail');
    this.#endTransport();
    return { type: 'violation', violation };
  }

  /** Both Close frames are said, or the peer is at fault: the server ends TCP first (RFC 6455 §7.1.1), as does who fails. */
  #endTransport(): void {
    this.#reader = null;
    this.#closeDeadline = this.#now + this.#settings.closeTimeoutMs;
    const awaitServer = this.#settings.role === 'client' && this.#closing.hasReceived;
    if (!awaitServer) this.#transport = 'end';
  }

  #abandonUnread(): void {
    if (this.#closing.cause?.type === 'closing-handshake') this.#closing.cause = null;
    this.abort({ type: 'timeout', deadline: 'send' });
  }

  #abandonClosing(): void {
    if (this.#closing.cause?.type === 'closing-handshake' && !this.#closing.hasReceived) {
      this.#closing.cause = { type: 'timeout', deadline: 'closing-handshake' };
    }
    this.abort();
  }

  #nextClosed(streamEnd: CloseCause): ConnectionEvent | null {
    if (this.#closedReported) return null;
    this.#closedReported = true;
    this.#state = nextState(this.#state, 'end');
    this.#rules.extension?.close();
    if (this.#transport === 'open') this.#transport = 'end';
    return { type: 'closed', record: this.#closing.record(streamEnd) };
  }

  #openOutput(): OutputBuffer {
    this.#output ??= spareOutputs.take();
    return this.#output;
  }

  get #closing(): CloseExchange {
    this.#exchange ??= new CloseExchange();
    return this.#exchange;
  }

  #sendControl(opcode: Opcode, payload: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    this.#sender.sendControl(this.#openOutput(), opcode, payload);
    return true;
  }

  #writeClose(close: Close): void {
    this.#closing.handleSent(close);
    this.#sender.sendControl(this.#openOutput(), Opcode.Close, encodeClose(close));
  }
}

const nothing: readonly Uint8Array[] = [];
const noPayload = Buffer.alloc(0);
