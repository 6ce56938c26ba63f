import type { Server } from 'node:net';

import { requestDecoder } from '../core/handshake/head-decoder.js';
import { hasToken } from '../core/handshake/http-grammar.js';
import { refuse } from '../core/handshake/refusal.js';
import type { OpeningRequestShape } from '../core/handshake/server-handshake.js';

import type { DeadlineSlot, Timed } from './deadline-wheel.js';
import { refuseUpgrade } from './refusing.js';
import { type Listed, Roster } from './roster.js';
import type { Scheduler } from './scheduler.js';
import { HandleTransport } from './transport/handle-transport.js';
import type { FirstReader, HandOn, NativeHandle, NativeHandles } from './transport/native-handle.js';
import { type ClientSource, Http1Attempt, type UpgradeAttempt } from './upgrade-attempt.js';

export interface HandleListenerParts {
  readonly native: NativeHandles;
  readonly scheduler: Scheduler;
  /** How long a client may say nothing. */
  readonly deadlineMs: number;
  readonly maxHeaderBytes: number;
  /** Whether an upgrade to this target is ours to answer, and below `node:net`. */
  readonly isOurs: (target: string) => boolean;
  readonly handleUpgrade: (attempt: UpgradeAttempt) => void;
}

/**
 * Reads the first bytes of what a server accepts. A whole opening handshake goes on from here, without the streams and
 * the HTTP objects that it would leave behind; whatever else it is becomes a connection of the server, untouched.
 */
export class HandleListener {
  readonly #parts: HandleListenerParts;
  readonly #waiting = new Roster<AcceptedHandle>();

  constructor(parts: HandleListenerParts) {
    this.#parts = parts;
  }

  /** Takes what a listening server accepts from now on, where that is possible. */
  start(server: Server): void {
    this.#parts.native.accept(server, (handle, handOn) => {
      const accepted = new AcceptedHandle(this.#parts, handle, handOn, this.#waiting);
      this.#waiting.add(accepted);
      accepted.start();
    });
  }

  /** Closes what was accepted and has said nothing. */
  closeWaiting(): void {
    for (const accepted of this.#waiting) accepted.close();
  }
}

/** A connection of which nothing has been read. */
class AcceptedHandle implements FirstReader, Listed, Timed {
  place: number | null = null;
  slot: DeadlineSlot | null = null;
  slotIndex = 0;
  readonly #parts: HandleListenerParts;
  readonly #handle: NativeHandle;
  readonly #handOn: HandOn;
  readonly #waiting: Roster<AcceptedHandle>;
  #deadline: number;

  constructor(
    parts: HandleListenerParts,
    handle: NativeHandle,
    handOn: HandOn,
    waiting: Roster<AcceptedHandle>,
  ) {
    this.#parts = parts;
    this.#handle = handle;
    this.#handOn = handOn;
    this.#waiting = waiting;
    this.#deadline = parts.scheduler.clock.now() + parts.deadlineMs;
  }

  start(): void {
    this.#parts.scheduler.deadlines.watch(this);
    this.#parts.native.readFirst(this.#handle, this);
  }

  close(): void {
    this.#stopWaiting();
    this.#handle.close(() => {});
  }

  deadline(): number {
    return this.#deadline;
  }

  handleDeadline(now: number): void {
    if (now < this.#deadline) return;
    this.#stopWaiting();
    refuseUpgrade(
      this.#openTransport(),
      refuse(408, 'the request took too long'),
      this.#parts.scheduler.clock,
    );
  }

  excuseStall(stalledMs: number): void {
    this.#deadline += stalledMs;
  }

  handleFirst(bytesOrError: Uint8Array | number): void {
    if (typeof bytesOrError === 'number') {
      this.close();
      return;
    }
    this.#stopWaiting();
    const upgrade = this.#decodeUpgrade(bytesOrError);
    if (upgrade === null) {
      this.#handle.readStop();
      this.#handOn(this.#handle, bytesOrError);
      return;
    }
    const source = this.#identify();
    if (source === null) {
      this.close();
      return;
    }
    const { head, rest } = upgrade;
    const openTransport = () => this.#openTransport();
    this.#parts.handleUpgrade(new Http1Attempt({ head, source, rest, openTransport }));
  }

  #openTransport(): HandleTransport {
    return new HandleTransport(this.#parts.native, this.#handle, null);
  }

  #stopWaiting(): void {
    this.#waiting.remove(this);
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#parts.scheduler.deadlines.unwatch(this);
  }

  /** The whole head of an upgrade that is ours, and what follows it. */
  #decodeUpgrade(bytes: Uint8Array): { head: OpeningRequestShape; rest: Uint8Array } | null {
    if (bytes[0] !== letterG) return null;
    const step = requestDecoder({ maxHeaderBytes: this.#parts.maxHeaderBytes }).receive(bytes);
    if (step.type !== 'head') return null;
    const { method, version, headers, target } = step.head;
    if (method !== 'GET' || version !== '1.1') return null;
    if (!hasToken(headers.getAll('Upgrade'), 'websocket')) return null;
    if (!hasToken(headers.getAll('Connection'), 'Upgrade')) return null;
    if (bodyFields.some((name) => headers.has(name)) || !this.#parts.isOurs(target)) return null;
    return step;
  }

  /** Null when the connection was reset behind what was read: the system has forgotten whose it was. */
  #identify(): ClientSource | null {
    const handle = this.#handle;
    handle.setNoDelay?.(true);
    const name: { address?: string } = {};
    const status = handle.getpeername?.(name) ?? 0;
    if (status !== 0) return null;
    return { remoteAddress: name.address, secure: false, tls: null };
  }
}

/** What an opening handshake has no use for: `node:http` knows best what to make of them. */
const bodyFields = ['Content-Length', 'Transfer-Encoding', 'Expect'];
/** Of `GET`. */
const letterG = 0x47;
