import type { SendResult } from '../../channel/send-queue.js';
import { EngineError, type OpenData, type Packet } from '../../codecs/engineio/index.js';

import { refuse } from './answer.js';
import type { EngineSettings } from './engine-options.js';
import type { EngineRequest } from './engine-request.js';
import type { EngineCloseReason, EngineTransport, TransportOwner } from './engine-transport.js';
import { Heartbeat } from './heartbeat.js';
import { OutgoingPacket } from './outgoing-packet.js';
import { type PollingRequest, PollingTransport } from './polling-transport.js';
import type { WebSocketTransport } from './websocket-transport.js';

/** What a session tells those who made it. */
export interface EngineSocketOwner {
  handleMessage(socket: EngineSocket, data: string | Uint8Array): void | Promise<void>;
  handlePing(socket: EngineSocket): void;
  handlePong(socket: EngineSocket): void;
  /** Called once: nothing of it arrives any more. */
  handleClosed(socket: EngineSocket, reason: EngineCloseReason): void;
  /** Its last transport is gone: the session can be forgotten. */
  handleGone(socket: EngineSocket): void;
}

/** One session of Engine.IO, whatever carries it. After its end every method is a no-op whose result says so. */
export class EngineSocket {
  /** Names the session; nobody can guess it. */
  readonly id: string;
  /** The request that opened it. */
  readonly request: EngineRequest;
  readonly #settings: EngineSettings;
  readonly #owner: EngineSocketOwner;
  readonly #heartbeat: Heartbeat;
  #transport: EngineTransport;
  /** Over which the client is asking whether it may go over to it. */
  #probe: WebSocketTransport | null = null;
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** Settles when the handler took what came before. */
  #busy: Promise<void> | null = null;
  #cancelTimer: () => void = ignore;

  /** @param transport the WebSocket connection that it is opened over; null for polling */
  constructor(
    id: string,
    request: EngineRequest,
    transport: WebSocketTransport | null,
    parts: { readonly settings: EngineSettings; readonly owner: EngineSocketOwner },
  ) {
    this.id = id;
    this.request = request;
    this.#settings = parts.settings;
    this.#owner = parts.owner;
    const { clock, heartbeat } = parts.settings;
    this.#heartbeat = new Heartbeat(clock, heartbeat, {
      sendPing: () => {
        this.#owner.handlePing(this);
        void this.#transport.send(new OutgoingPacket('ping'));
      },
      handleSilence: () => this.handleEnd('ping timeout'),
    });
    this.#transport = transport ?? new PollingTransport(this.#receiver, parts.settings);
    this.#heartbeat.start();
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** What carries it now. */
  get transport(): 'polling' | 'websocket' {
    return this.#transport.name;
  }

  /** Bytes that were sent and not taken yet. */
  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  /** Whether what is sent now goes out at once: the client reads, or waits for an answer. */
  get isWritable(): boolean {
    return this.#state === 'open' && this.#transport.isWritable;
  }

  /** What the client is told when it is let in. */
  get openPacket(): OutgoingPacket {
    const { heartbeat, maxPayloadBytes, allowUpgrades } = this.#settings;
    const data: OpenData = {
      sid: this.id,
      upgrades: this.transport === 'polling' && allowUpgrades ? ['websocket'] : [],
      pingInterval: heartbeat.intervalMs,
      pingTimeout: heartbeat.timeoutMs,
      maxPayload: maxPayloadBytes,
    };
    return new OutgoingPacket('open', JSON.stringify(data));
  }

  /** Sends a message, or a packet that was made for many: as a channel does. */
  send(data: string | Uint8Array | OutgoingPacket): SendResult | Promise<SendResult> {
    if (this.#state !== 'open') return 'closed';
    return this.#transport.send(data instanceof OutgoingPacket ? data : new OutgoingPacket('message', data));
  }

  /** Ends the session behind what was sent. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#cancelTimer = this.#settings.clock.setTimer(() => this.#end(), closeTimeoutMs);
    this.#stop('forced close');
    // A client that is going over gets what was sent there.
    this.#transport.end();
  }

  /** Takes an HTTP request of the session. @internal */
  receiveRequest(request: PollingRequest): void | Promise<void> {
    const transport = this.#transport;
    const { method } = request.exchange.request;
    if (!(transport instanceof PollingTransport) || (method !== 'GET' && method !== 'POST')) {
      return refuse(request, EngineError.BadRequest);
    }
    return method === 'GET' ? transport.receivePoll(request) : transport.receivePost(request);
  }

  /** Whether a WebSocket connection may ask to take over. @internal */
  get canGoOver(): boolean {
    const isFree = this.#state === 'open' && this.#probe === null && this.#settings.allowUpgrades;
    return isFree && this.#transport instanceof PollingTransport;
  }

  /** A WebSocket connection asks to take over, the only one then; false when it may not. @internal */
  beginProbe(probe: WebSocketTransport): boolean {
    if (!this.canGoOver) return false;
    this.#probe = probe;
    return true;
  }

  /** The WebSocket connection that asks has shown that it works. @internal */
  handleProbed(probe: WebSocketTransport): void {
    if (this.#probe === probe) this.#polling?.beginUpgrade();
  }

  /** It went away, or asked too long. @internal */
  cancelProbe(probe: WebSocketTransport): void {
    if (this.#probe !== probe) return;
    this.#probe = null;
    this.#polling?.cancelUpgrade();
  }

  /**
   * Goes over to the WebSocket connection: what waits for a GET is sent there. Null when it may not; the promise says that what
   * comes over it is to wait for a POST.
   *
   * @internal
   */
  upgrade(probe: WebSocketTransport): Promise<void> | undefined | null {
    const polling = this.#polling;
    if (this.#probe !== probe || polling === null) return null;
    this.#probe = null;
    this.#transport = probe;
    for (const packet of polling.handOver()) void probe.send(packet);
    if (this.#state !== 'open') probe.end();
    return polling.posting ?? undefined;
  }

  /** Takes a packet, behind those before it. The promise never rejects. @internal */
  receive(packet: Packet): void | Promise<void> {
    if (this.#busy === null) return this.#follow(this.#deliver(packet));
    return this.#follow(this.#busy.then(() => this.#deliver(packet)));
  }

  /** Its transport is gone, or it is to be given up. @internal */
  handleEnd(reason: EngineCloseReason): void {
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#stop(reason);
    }
    this.#end();
  }

  get #polling(): PollingTransport | null {
    return this.#transport instanceof PollingTransport ? this.#transport : null;
  }

  /** What the polling transport is given: later it may have nothing to do with the session any more. */
  get #receiver(): TransportOwner {
    const receiver: TransportOwner = {
      receive: (packet) => this.receive(packet),
      handleEnd: (reason) => {
        if (this.#transport instanceof PollingTransport) this.handleEnd(reason);
      },
    };
    return receiver;
  }

  #deliver(packet: Packet): void | Promise<void> {
    if (this.#state !== 'open') {
      if (packet.type === 'close') this.handleEnd('transport close');
      return undefined;
    }
    this.#heartbeat.handlePacket();
    switch (packet.type) {
      case 'message':
        return this.#owner.handleMessage(this, packet.data);
      case 'pong':
        return this.#handlePong();
      case 'close':
        this.#polling?.endByClient();
        return this.handleEnd('transport close');
      case 'ping':
        return this.handleEnd('transport error');
      default:
        return undefined;
    }
  }

  /** An answer to nothing says nothing. */
  #handlePong(): void {
    if (!this.#heartbeat.isAsking) return;
    this.#heartbeat.start();
    this.#owner.handlePong(this);
  }

  #follow(work: void | Promise<void>): void | Promise<void> {
    if (work === undefined) return undefined;
    const busy: Promise<void> = work.then(() => {
      if (this.#busy === busy) this.#busy = null;
    });
    this.#busy = busy;
    return busy;
  }

  #stop(reason: EngineCloseReason): void {
    this.#heartbeat.stop();
    this.#owner.handleClosed(this, reason);
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#cancelTimer();
    this.#probe?.abort();
    this.#probe = null;
    this.#transport.abort();
    this.#owner.handleGone(this);
  }
}

function ignore(): void {}

/** How long what was sent before the end may wait for the client to take it. */
const closeTimeoutMs = 30_000;
