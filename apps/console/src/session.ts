import type { CloseRequest } from './close-request.js';
import { type ConnectionEvent, type ConnectionState, isOpen, reduceConnection } from './connection.js';
import { EchoMatcher } from './echo-matcher.js';
import {
  appendRows,
  clearLog,
  type Direction,
  EMPTY_LOG,
  FRAME_LIMITS,
  type FrameLog,
  forgetCleared,
  type LogRow,
  undoClear,
} from './frame-log.js';
import { askOverHttp, httpAnswerLine } from './http-answer.js';
import { type Payload, payloadBytes, utf8Bytes } from './payload.js';
import { isProbeText } from './probe.js';
import { type ProbeChoice, ProbeTimer } from './probe-timer.js';
import type { RoundTrip } from './round-trips.js';
import type { Target } from './target.js';
import { countMessage, NO_TRAFFIC, type Traffic, takeRate } from './traffic.js';

/** Everything the page draws, as one value that is replaced, never changed. */
export interface SessionSnapshot {
  readonly connection: ConnectionState;
  readonly log: FrameLog;
  readonly traffic: Traffic;
  /** What the browser has not handed to the network yet. */
  readonly bufferedBytes: number;
  readonly roundTrips: readonly RoundTrip[];
  readonly probe: ProbeChoice;
  /** Unix time of this snapshot, in milliseconds. */
  readonly nowMs: number;
}

/** A row before it has its place in the log. */
type NewRow = LogRow extends infer Row ? (Row extends LogRow ? Omit<Row, 'id' | 'timeMs'> : never) : never;

/**
 * Owns the page's one WebSocket and all that is known about it. Messages are counted and matched as they arrive; the
 * page hears of them at most once per animation frame, however many there are.
 */
export class Session {
  #socket: WebSocket | undefined;
  #connection: ConnectionState = { type: 'idle' };
  #log: FrameLog = EMPTY_LOG;
  #arrived: LogRow[] = [];
  #arrivedBytes = 0;
  #nextId = 1;
  #traffic: Traffic = NO_TRAFFIC;
  #echoes = new EchoMatcher();
  readonly #probes: ProbeTimer;
  readonly #listeners = new Set<() => void>();
  #snapshot: SessionSnapshot;
  #isFrameAsked = false;

  constructor() {
    this.#probes = new ProbeTimer({
      send: (text) => this.#sendProbe(text),
      handleChange: () => this.#askFrame(),
    });
    this.#snapshot = this.#takeSnapshot();
    setInterval(() => this.#handleTick(), TICK_MS);
  }

  snapshot(): SessionSnapshot {
    return this.#snapshot;
  }

  /** Whether and how often to probe, as it was last chosen. */
  get probe(): ProbeChoice {
    return this.#probes.choice;
  }

  /** Calls `listener` after each new snapshot, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Leaves the present connection, if there is one, and opens another. */
  connect(target: Target): void {
    this.#leave();
    this.#apply({ type: 'connect', target });
    this.#echoes = new EchoMatcher();
    this.#traffic = NO_TRAFFIC;
    this.#probes.reset();
    try {
      this.#open(new WebSocket(target.url, [...target.subprotocols]));
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.#apply({ type: 'refuse', words });
      this.#append({ type: 'note', words: `The browser refused the address: ${words}`, isFault: true });
    }
  }

  /** Sends one message; `false` when there is no open connection. */
  send(payload: Payload): boolean {
    if (!isOpen(this.#connection)) return false;
    this.#sendFrame(payload, false);
    return true;
  }

  close(request: CloseRequest): void {
    if (this.#connection.type !== 'open' && this.#connection.type !== 'connecting') return;
    const wasOpen = isOpen(this.#connection);
    if (request.code === undefined) this.#socket?.close();
    else this.#socket?.close(request.code, request.reason);
    this.#apply({ type: 'close-sent' });
    if (wasOpen) this.#appendClose('sent', request.code, request.reason);
  }

  chooseProbe(choice: ProbeChoice): void {
    this.#probes.choose(choice);
  }

  clearLog(): void {
    this.#changeLog(clearLog);
  }

  undoClear(): void {
    this.#changeLog(undoClear);
  }

  forgetCleared(): void {
    this.#changeLog(forgetCleared);
  }

  #open(socket: WebSocket): void {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      const { protocol, extensions } = socket;
      this.#apply({ type: 'open', subprotocol: protocol, extensions, nowMs: unixNow() });
      this.#append({ type: 'note', words: `connected to ${socket.url}`, isFault: false });
      this.#probes.start();
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.#handleMessage(event.data);
    socket.onclose = (event) => this.#handleClose(event);
  }

  #leave(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#probes.stop();
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    if (isOpen(this.#connection)) this.#appendClose('sent', 1000, '');
    socket.close(1000);
  }

  #handleMessage(data: string | ArrayBuffer): void {
    const nowMs = unixNow();
    const payload = typeof data === 'string' ? data : new Uint8Array(data);
    const isProbe = typeof payload === 'string' && isProbeText(payload);
    const roundTripMs = isProbe
      ? this.#probes.handleReceived(payload, nowMs)
      : this.#echoes.handleReceived(payload, nowMs);
    this.#appendMessage('received', payload, isProbe, roundTripMs);
  }

  #handleClose(event: CloseEvent): void {
    this.#probes.stop();
    const { code, reason, wasClean } = event;
    const hadOpened = this.#connection.type === 'open' || this.#connection.type === 'closing';
    this.#apply({ type: 'closed', code, reason, wasClean, nowMs: unixNow() });
    if (code !== 1006) this.#appendClose('received', code === 1005 ? undefined : code, reason);
    else {
      const words = hadOpened ? 'connection lost without a close frame (1006)' : 'could not connect (1006)';
      this.#append({ type: 'note', words, isFault: true });
      if (!hadOpened) void this.#askOverHttp();
    }
  }

  async #askOverHttp(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    const answer = await askOverHttp(socket.url, location.href);
    if (answer === undefined || socket !== this.#socket) return;
    this.#apply({ type: 'http-asked', answer });
    this.#append({ type: 'note', words: httpAnswerLine(answer, socket.url), isFault: false });
  }

  #sendProbe(text: string): void {
    if (isOpen(this.#connection)) this.#sendFrame(text, true);
  }

  #sendFrame(payload: Payload, isProbe: boolean): void {
    if (!isProbe) this.#echoes.handleSent(payload, unixNow());
    this.#appendMessage('sent', payload, isProbe, undefined);
    this.#socket?.send(payload);
  }

  #appendMessage(
    direction: Direction,
    payload: Payload,
    isProbe: boolean,
    roundTripMs: number | undefined,
  ): void {
    const bytes = payloadBytes(payload);
    if (!isProbe) this.#traffic = countMessage(this.#traffic, direction, bytes);
    this.#append({ type: 'message', direction, payload, bytes, isProbe, roundTripMs });
  }

  #appendClose(direction: Direction, code: number | undefined, reason: string): void {
    const bytes = code === undefined ? 0 : 2 + utf8Bytes(reason);
    this.#append({ type: 'close', direction, code, reason, bytes });
  }

  #append(row: NewRow): void {
    this.#arrived.push({ ...row, id: this.#nextId, timeMs: unixNow() });
    this.#nextId += 1;
    this.#arrivedBytes += row.type === 'message' ? row.bytes : 0;
    // A hidden page gets no animation frames: what arrives meanwhile must stay bounded too.
    const { maxRows, maxBytes } = FRAME_LIMITS;
    if (this.#arrived.length >= maxRows || this.#arrivedBytes >= maxBytes) this.#settleArrived();
    this.#askFrame();
  }

  #settleArrived(): void {
    this.#log = appendRows(this.#log, this.#arrived);
    this.#arrived = [];
    this.#arrivedBytes = 0;
  }

  #changeLog(change: (log: FrameLog) => FrameLog): void {
    this.#settleArrived();
    this.#log = change(this.#log);
    this.#askFrame();
  }

  #apply(event: ConnectionEvent): void {
    this.#connection = reduceConnection(this.#connection, event);
    this.#askFrame();
  }

  #handleTick(): void {
    if (!isOpen(this.#connection)) return;
    this.#traffic = takeRate(this.#traffic, unixNow());
    this.#askFrame();
  }

  #askFrame(): void {
    if (this.#isFrameAsked) return;
    this.#isFrameAsked = true;
    requestAnimationFrame(() => {
      this.#isFrameAsked = false;
      this.#settleArrived();
      this.#snapshot = this.#takeSnapshot();
      for (const listener of this.#listeners) listener();
    });
  }

  #takeSnapshot(): SessionSnapshot {
    return {
      connection: this.#connection,
      log: this.#log,
      traffic: this.#traffic,
      bufferedBytes: this.#socket?.bufferedAmount ?? 0,
      roundTrips: this.#probes.roundTrips,
      probe: this.#probes.choice,
      nowMs: unixNow(),
    };
  }
}

function unixNow(): number {
  return performance.timeOrigin + performance.now();
}

const TICK_MS = 500;
