import type { Clock } from '../../channel/clock.js';
import type { HttpExchange, ResponseHeaders } from '../../channel/http-exchange.js';
import { SendQueue, type SendQueueOptions, type SendResult } from '../../channel/send-queue.js';
import { decodePayload, EngineError, packetSeparator } from '../../codecs/engineio/index.js';

import { refuse } from './answer.js';
import type { EngineTransport, TransportOwner } from './engine-transport.js';
import { OutgoingPacket } from './outgoing-packet.js';

export interface PollingSettings {
  readonly maxPayloadBytes: number;
  readonly sendQueue: SendQueueOptions;
  readonly clock: Pick<Clock, 'setTimer'>;
}

/** A request, and what is said to its page about its origin. */
export interface PollingRequest {
  readonly exchange: HttpExchange;
  readonly headers: ResponseHeaders;
}

/** Packets to the client wait for its next GET; those from it come in POSTs. One of each at a time. */
export class PollingTransport implements EngineTransport {
  readonly name = 'polling';
  readonly #owner: TransportOwner;
  readonly #settings: PollingSettings;
  readonly #queue: SendQueue<OutgoingPacket>;
  #poll: PollingRequest | null = null;
  /** Settles when the packets of a POST were taken. */
  #posting: Promise<void> | null = null;
  #isFlushPlanned = false;
  #state: 'open' | 'upgrading' | 'ending' | 'ended' = 'open';

  constructor(owner: TransportOwner, settings: PollingSettings) {
    this.#owner = owner;
    this.#settings = settings;
    this.#queue = new SendQueue(settings.sendQueue);
  }

  get bufferedBytes(): number {
    return this.#queue.byteLength;
  }

  get isWritable(): boolean {
    return this.#poll !== null && this.#state === 'open';
  }

  send(packet: OutgoingPacket): SendResult | Promise<SendResult> {
    if (this.#state === 'ending' || this.#state === 'ended') return 'closed';
    const result = this.#queue.offer(packet, packet.byteLength, 0);
    if (result === 'overflow') {
      this.#owner.handleEnd('transport error');
      return 'closed';
    }
    this.#planFlush();
    return result;
  }

  /** A GET: answered as soon as there is something to send. */
  receivePoll(poll: PollingRequest): void {
    if (this.#poll !== null || this.#state === 'ended') {
      refuse(poll, EngineError.BadRequest);
      this.#owner.handleEnd('transport error');
      return;
    }
    this.#poll = poll;
    const { signal } = poll.exchange;
    const leave = () => this.#handleAborted(poll);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    else this.#answer();
  }

  /** A POST: answered when all its packets were taken. */
  async receivePost(post: PollingRequest): Promise<void> {
    if (this.#posting !== null || this.#state === 'ended') {
      refuse(post, EngineError.BadRequest);
      this.#owner.handleEnd('transport error');
      return;
    }
    this.#posting = this.#take(post);
    await this.#posting;
    this.#posting = null;
  }

  /** Settles when the packets of a POST were taken that came already; null without one. */
  get posting(): Promise<void> | null {
    return this.#posting;
  }

  /** The client is about to go over to another transport: no GET is to be kept waiting. */
  beginUpgrade(): void {
    if (this.#state !== 'open') return;
    this.#state = 'upgrading';
    this.#flush(noop);
  }

  /** It stays here after all. */
  cancelUpgrade(): void {
    if (this.#state === 'upgrading') this.#state = 'open';
  }

  /** Ends here; what was not sent yet goes over another transport. */
  handOver(): OutgoingPacket[] {
    this.#state = 'ended';
    const packets = this.#takeQueued();
    this.#respond([noop]);
    return packets;
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ending';
    if (this.#poll !== null) this.#answer();
  }

  abort(): void {
    const isFirst = this.#state !== 'ended';
    this.#state = 'ended';
    this.#queue.clear();
    if (isFirst) this.#respond([closing]);
  }

  /** The client has closed the session: its GET has nothing to wait for. */
  endByClient(): void {
    this.#state = 'ended';
    this.#queue.clear();
    this.#respond([noop]);
  }

  async #take(post: PollingRequest): Promise<void> {
    const body = await post.exchange.readBody(this.#settings.maxPayloadBytes);
    if (body === 'too-large') post.exchange.respond({ status: 413, headers: post.headers });
    if (typeof body === 'string') {
      this.#owner.handleEnd(body === 'gone' ? 'transport close' : 'transport error');
      return;
    }
    const isTaken = await this.#receivePayload(body);
    if (isTaken) post.exchange.respond({ status: 200, headers: [...plainText, ...post.headers], body: 'ok' });
    else refuse(post, EngineError.BadRequest);
  }

  async #receivePayload(body: Uint8Array): Promise<boolean> {
    const payload = decodeUtf8(body);
    if (payload === null) return this.#fail();
    for (const packet of decodePayload(payload)) {
      if (packet.type === 'violation') return this.#fail();
      const busy = this.#owner.receive(packet);
      if (busy !== undefined) await busy;
    }
    return true;
  }

  #fail(): false {
    this.#owner.handleEnd('parse error');
    return false;
  }

  #handleAborted(poll: PollingRequest): void {
    if (this.#poll !== poll) return;
    this.#poll = null;
    this.#owner.handleEnd('transport close');
  }

  /** What is sent in one turn goes in one answer. */
  #planFlush(): void {
    if (this.#isFlushPlanned || this.#poll === null) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  /** Answers the GET that waits, if there is anything to say. */
  #answer(): void {
    if (this.#state === 'ending') {
      this.#state = 'ended';
      this.#respond([...this.#takeQueued(), closing]);
      this.#owner.handleEnd('forced close');
    } else if (!this.#queue.isEmpty) {
      this.#planFlush();
    } else if (this.#state === 'upgrading') {
      // It asked again before it learnt that it may go over.
      this.#settings.clock.setTimer(() => this.#flush(noop), upgradePollMs);
    }
  }

  #flush(otherwise?: OutgoingPacket): void {
    if (this.#poll === null || this.#state === 'ended') return;
    const packets = this.#takeQueued();
    if (packets.length === 0 && otherwise !== undefined) packets.push(otherwise);
    if (packets.length > 0) this.#respond(packets);
  }

  #respond(packets: readonly OutgoingPacket[]): void {
    const poll = this.#poll;
    if (poll === null) return;
    this.#poll = null;
    const body = packets.map(({ text }) => text).join(packetSeparator);
    poll.exchange.respond({ status: 200, headers: [...plainText, ...poll.headers], body });
  }

  #takeQueued(): OutgoingPacket[] {
    const packets: OutgoingPacket[] = [];
    for (let packet = this.#queue.take(); packet !== undefined; packet = this.#queue.take())
      packets.push(packet);
    return packets;
  }
}

/** Null when it is none. */
function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

const noop = new OutgoingPacket('noop');
const closing = new OutgoingPacket('close');
/** How long a client may poll that is about to go over. */
const upgradePollMs = 100;
const plainText: ResponseHeaders = [
  ['Content-Type', 'text/plain; charset=UTF-8'],
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
];
