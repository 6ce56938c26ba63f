import type { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import { Opcode } from 'ieum/core';

import type { RequestHead, ResponseHead } from '../opening/head.js';
import type { OpeningChanges } from '../opening/opening-changes.js';
import { Conclusion, Deviation } from '../verdict.js';

import { EventReader } from './event-reader.js';
import { type FrameToSend, payloadBytes, type RawFrame } from './frame.js';
import { ResponseCheck } from './response-check.js';
import { closePayload } from './sender.js';
import {
  type CloseEvent,
  describeEvent,
  type MessageEvent,
  type WireEvent,
  type WireExtension,
} from './wire-event.js';
import type { WireLog } from './wire-log.js';
import type { Cut, FailureExpectation, MessageOptions, WaitOptions } from './wire-options.js';
import { patienceOf, type WireParts } from './wire-parts.js';

/**
 * A connection to the peer under judgement, for a case: it sends whatever it is told, allowed or not, and expects. What is
 * expected and does not come ends the case as `fail`; what is only recommended is noted as `non-strict`, and the case
 * goes on. Every frame of the peer is judged as it is received.
 */
export class Wire {
  /** What the tester is; the peer is the other one. A tester that is client masks its frames. */
  readonly tester: 'client' | 'server';
  readonly peer: 'client' | 'server';
  readonly log: WireLog;
  readonly #parts: WireParts;
  readonly #reader: EventReader;
  readonly #responses: ResponseCheck;
  /** Events that came while another one was waited for. */
  #keptBack: WireEvent[] = [];

  constructor(parts: WireParts) {
    this.#parts = parts;
    this.log = parts.log;
    this.tester = parts.opening.role;
    this.peer = this.tester === 'client' ? 'server' : 'client';
    this.#reader = new EventReader(parts.arrivals, this.peer);
    this.#responses = new ResponseCheck(parts);
  }

  // The opening handshake.

  /** The client's request. Only when the tester is server. */
  get request(): RequestHead {
    const { opening } = this.#parts;
    if (opening.role === 'server') return opening.request;
    throw new Error('the tester is client: it has received no request');
  }

  /** The server's response, once it has come. Only when the tester is client. */
  get response(): ResponseHead {
    const { response } = this.#responses;
    if (response === null) throw new Error('no response has come');
    return response;
  }

  /** Sends the tester's part of the opening handshake: the request as client, the response as server. */
  sendOpening(changes: OpeningChanges = {}): void {
    this.#parts.opening.send(changes);
  }

  /** The bytes that `sendOpening` would send; what they ask for counts as asked. Not over HTTP/2. */
  encodeOpening(changes: OpeningChanges = {}): Buffer {
    return this.#parts.opening.encode(changes);
  }

  /** Waits for the response and gives it, whatever it says; null when the connection ended without one. */
  receiveResponse(options: WaitOptions = {}): Promise<ResponseHead | null> {
    return this.#responses.receive(options);
  }

  /** The server accepts, with everything in its response right. As server it has nothing to wait for. */
  expectOpened(options: WaitOptions = {}): Promise<void> {
    return this.#responses.expectAccepted(options);
  }

  /**
   * The peer refuses the opening handshake: a server answers with one of the statuses (another one from 400 on, or no
   * answer, is non-strict), a client ends the connection.
   */
  async expectRefused(options: WaitOptions & { readonly statuses?: readonly number[] } = {}): Promise<void> {
    const { statuses = [], ...wait } = options;
    if (this.tester === 'client') await this.#responses.expectRefused(statuses, wait);
    else await this.expectFailure({ ...wait, codes: [1002, 1010], allowNoClose: true });
  }

  // Sending.

  sendFrame(frame: FrameToSend): void {
    this.#parts.sender.sendFrame(frame);
  }

  /** Sends frames in one write, or cut into pieces wherever frames end. */
  sendFrames(frames: readonly FrameToSend[], cut: Cut = {}): Promise<void> {
    return this.#parts.sender.sendFrames(frames, cut);
  }

  /** The bytes of a frame, to be sent by `sendBytes` or `dribble`. */
  encodeFrame(frame: FrameToSend): Buffer {
    return this.#parts.sender.encode(frame);
  }

  sendBytes(bytes: string | Uint8Array): void {
    const all = payloadBytes(bytes);
    this.#parts.sender.write(all, `${all.length} bytes`);
  }

  /** Sends bytes in pieces, with a pause between. */
  dribble(bytes: Uint8Array, pieceBytes: number, delayMs: number): Promise<void> {
    return this.#parts.sender.dribble(bytes, pieceBytes, delayMs);
  }

  sendMessage(type: 'text' | 'binary', payload: string | Uint8Array, options: MessageOptions = {}): void {
    const bytes = payloadBytes(payload);
    const { fragmentBytes = Math.max(1, bytes.length) } = options;
    for (let at = 0; at === 0 || at < bytes.length; at += fragmentBytes) {
      const fin = at + fragmentBytes >= bytes.length;
      const opcode = at > 0 ? Opcode.Continuation : type === 'text' ? Opcode.Text : Opcode.Binary;
      this.sendFrame({ fin, opcode, payload: bytes.subarray(at, at + fragmentBytes) });
    }
  }

  sendPing(payload: string | Uint8Array = ''): void {
    this.sendFrame({ opcode: Opcode.Ping, payload });
  }

  sendPong(payload: string | Uint8Array = ''): void {
    this.sendFrame({ opcode: Opcode.Pong, payload });
  }

  /** Sends a Close frame; 1005 stands for one without a code. */
  sendClose(code = 1000, reason = ''): void {
    this.sendFrame({ opcode: Opcode.Close, payload: closePayload(code, reason) });
  }

  /** Resolves when all that was sent has left this process, or cannot leave it any more. */
  async drained(): Promise<void> {
    await Promise.race([this.#parts.transport.drained(), sleep(this.#patience({}))]);
  }

  /** Ends the sending side: FIN, or END_STREAM. What the peer sends still comes. */
  halfClose(): void {
    this.log.note('the tester ends its side of the connection');
    this.#parts.transport.end();
  }

  /** Breaks off: a TCP reset, or RST_STREAM. */
  reset(): void {
    this.log.note('the tester resets the connection');
    this.#parts.transport.reset();
  }

  /** Lets go of the connection in both directions, after what was sent. */
  endTransport(): void {
    this.log.note('the tester ends the connection');
    this.#parts.transport.end();
    this.#parts.transport.drained().then(() => this.#parts.transport.destroy());
  }

  // Receiving.

  /** An extension that was agreed on, so that its reserved bits are allowed and messages are decoded. */
  set extension(extension: WireExtension | null) {
    this.#reader.extension = extension;
  }

  /** The next frame as it came, after it was judged by itself; null at the end of the connection or of the time. */
  async receiveFrame(options: WaitOptions = {}): Promise<RawFrame | null> {
    const arrival = await this.#parts.arrivals.next(this.#patience(options));
    if (arrival === null || arrival.type === 'end') return null;
    this.#reader.judge(arrival.frame);
    return arrival.frame;
  }

  /** The next event, Pings answered and left out; null when nothing came in time. */
  async receiveEvent(options: WaitOptions = {}): Promise<WireEvent | null> {
    return this.#keptBack.shift() ?? this.#nextEvent(Date.now() + this.#patience(options));
  }

  /** Puts an event back that was received, for what is expected next. */
  keepBack(event: WireEvent): void {
    this.#keptBack.unshift(event);
  }

  /** A message comes, whatever Pongs come before it. It is compared with the payload, unless that is null. */
  async expectMessage(
    type: 'text' | 'binary',
    payload: string | Uint8Array | null,
    options: WaitOptions = {},
  ): Promise<MessageEvent> {
    const event = await this.#expectEvent('message', `a ${type} message`, options);
    if (event.messageType !== type) this.fail(`the message is ${event.messageType}, not ${type}`);
    if (payload !== null) this.#compare('the message', event.payload, payloadBytes(payload));
    return event;
  }

  /** A Pong with this payload comes (RFC 6455 §5.5.3), whatever messages come before it. */
  async expectPong(payload: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    const event = await this.#expectEvent('pong', 'a Pong', options);
    this.#compare('the Pong', event.payload, payloadBytes(payload));
  }

  /** Sends a message and has it back, as the type it was sent as. */
  async expectEcho(
    type: 'text' | 'binary',
    payload: string | Uint8Array,
    options: MessageOptions & WaitOptions = {},
  ): Promise<MessageEvent> {
    this.sendMessage(type, payload, options);
    return this.expectMessage(type, payload, options);
  }

  /** A Close frame with one of the codes comes; 1005 stands for one without a code. It is answered when it has to be. */
  async expectClose(codes: readonly number[], options: WaitOptions = {}): Promise<CloseEvent> {
    const event = await this.#expectEvent('close', `Close ${codes.join(' or ')}`, options);
    if (!codes.includes(event.code)) {
      this.fail(`the close code is ${event.code}, not ${codes.join(' or ')}`);
    }
    this.#answerClose(event);
    return event;
  }

  /**
   * The connection ends in order, and nothing comes before that. A tester that is server ends it first, as RFC 6455 §7.1.1
   * has it; a server that does not is non-strict.
   */
  async expectEnd(options: WaitOptions = {}): Promise<void> {
    if (this.tester === 'server') this.#parts.transport.end();
    const event = await this.#nextEvent(Date.now() + this.#patience(options));
    if (event === null) this.nonStrict(`the ${this.peer} left the connection open (RFC 6455 §7.1.1)`);
    else if (event.type !== 'end') this.fail(`${describeEvent(event)} came in place of the end`);
  }

  /** Closes: the peer answers with the same code (another one is non-strict, RFC 6455 §5.5.1), and the connection ends. */
  async expectCloseHandshake(code = 1000, reason = ''): Promise<void> {
    this.sendClose(code, reason);
    const event = await this.#expectEvent('close', 'a Close frame', {});
    if (event.code !== code) {
      this.nonStrict(`Close ${code} was answered with ${event.code} (RFC 6455 §5.5.1)`);
    }
    await this.expectEnd();
  }

  /** The peer fails the connection (RFC 6455 §7.1.7): a Close frame with one of the codes, and the end. */
  async expectFailure(expected: FailureExpectation): Promise<void> {
    const until = Date.now() + this.#patience(expected);
    for (;;) {
      const event = this.#keptBack.shift() ?? (await this.#nextEvent(until));
      if (event === null) this.fail(`the ${this.peer} did not fail the connection`);
      if (event.type === 'message' && expected.allowMessages !== true) {
        this.fail(`the ${this.peer} went on: ${describeEvent(event)} came in place of a failure`);
      }
      if (event.type === 'end') {
        if (expected.allowNoClose !== true) {
          this.nonStrict(`the ${this.peer} ended the connection without a Close frame (RFC 6455 §7.1.7)`);
        }
        return;
      }
      if (event.type !== 'close') continue;
      if (!expected.codes.includes(event.code)) {
        this.nonStrict(
          `the close code is ${event.code}, not ${expected.codes.join(' or ')} (RFC 6455 §7.4.1)`,
        );
      }
      this.#answerClose(event);
      return this.expectEnd({ timeoutMs: Math.max(1, until - Date.now()) });
    }
  }

  /** Nothing comes for so long, but Pings, and the connection does not end. */
  async expectNothing(durationMs: number): Promise<void> {
    const event = this.#keptBack.shift() ?? (await this.#nextEvent(Date.now() + durationMs));
    if (event !== null) this.fail(`${describeEvent(event)} came, and nothing was expected`);
  }

  // Judging.

  /** The peer broke a rule: ends the case. */
  fail(text: string): never {
    throw new Deviation(text);
  }

  /** The peer left out what is only recommended. The case goes on. */
  nonStrict(text: string): void {
    this.#parts.findings.add('non-strict', text);
  }

  /** Something to tell that nobody is judged by. The case goes on. */
  inform(text: string): void {
    this.#parts.findings.add('info', text);
  }

  /** There is nothing to judge here, as when an extension was not agreed on: ends the case as `info`. */
  conclude(text: string): never {
    this.inform(text);
    throw new Conclusion(text);
  }

  /** The first event of that type; messages and Pongs before it are kept for later. */
  async #expectEvent<Type extends WireEvent['type']>(
    type: Type,
    what: string,
    options: WaitOptions,
  ): Promise<Extract<WireEvent, { type: Type }>> {
    const isIt = (event: WireEvent): event is Extract<WireEvent, { type: Type }> => event.type === type;
    const index = this.#keptBack.findIndex(isIt);
    if (index !== -1) return this.#keptBack.splice(index, 1)[0] as Extract<WireEvent, { type: Type }>;
    const timeoutMs = this.#patience(options);
    const until = Date.now() + timeoutMs;
    for (;;) {
      const event = await this.#nextEvent(until);
      if (event === null) this.fail(`${what} did not come within ${timeoutMs} ms`);
      if (isIt(event)) return event;
      if (event.type === 'close' || event.type === 'end') {
        this.fail(`${describeEvent(event)} came in place of ${what}`);
      }
      this.#keptBack.push(event);
    }
  }

  /** The next event but Pings, which are answered. */
  async #nextEvent(until: number): Promise<WireEvent | null> {
    for (;;) {
      const event = await this.#reader.next(Math.max(0, until - Date.now()));
      if (event?.type !== 'ping') return event;
      if (!this.#parts.sender.hasSentClose) this.sendPong(event.payload);
    }
  }

  #answerClose({ code }: CloseEvent): void {
    if (!this.#parts.sender.hasSentClose) this.sendClose(code);
  }

  #compare(what: string, actual: Buffer, expected: Buffer): void {
    if (actual.equals(expected)) return;
    const length =
      actual.length === expected.length ? '' : ` (${actual.length} bytes, not ${expected.length})`;
    this.fail(`the payload of ${what} is not what was sent${length}`);
  }

  #patience(options: WaitOptions): number {
    return patienceOf(this.#parts, options);
  }
}
