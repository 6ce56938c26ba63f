import { Buffer } from 'node:buffer';

import { Opcode } from 'ieum/core';

import { Deviation } from '../verdict.js';

import type { Arrivals } from './arrivals.js';
import { payloadBytes, type RawFrame } from './frame.js';
import { frameFault } from './frame-rules.js';
import type { WireEvent, WireExtension } from './wire-event.js';

/** Makes events of the peer's frames, and judges every one of them by the rules of RFC 6455 §5. */
export class EventReader {
  extension: WireExtension | null = null;
  readonly #arrivals: Arrivals;
  readonly #peer: 'server' | 'client';
  #fragments: RawFrame[] = [];
  #isClosed = false;

  constructor(arrivals: Arrivals, peer: 'server' | 'client') {
    this.#arrivals = arrivals;
    this.#peer = peer;
  }

  /** Whether the peer's Close frame has come. */
  get hasReceivedClose(): boolean {
    return this.#isClosed;
  }

  /** Null when nothing was complete in time. @throws Deviation when a frame breaks a rule */
  async next(timeoutMs: number): Promise<WireEvent | null> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const arrival = await this.#arrivals.next(Math.max(0, until - Date.now()));
      if (arrival === null || arrival.type === 'end') return arrival;
      this.judge(arrival.frame);
      const event = this.#eventOf(arrival.frame);
      if (event !== null) return event;
    }
  }

  /** @throws Deviation when the frame breaks a rule */
  judge(frame: RawFrame): void {
    const fault = frameFault(frame, {
      peer: this.#peer,
      allowedRsv: frame.opcode === 1 || frame.opcode === 2 ? (this.extension?.rsv ?? 0) : 0,
      insideMessage: this.#fragments.length > 0,
      afterClose: this.#isClosed,
    });
    if (fault !== null) throw new Deviation(fault);
  }

  #eventOf(frame: RawFrame): WireEvent | null {
    switch (frame.opcode) {
      case Opcode.Ping:
        return { type: 'ping', payload: frame.payload };
      case Opcode.Pong:
        return { type: 'pong', payload: frame.payload };
      case Opcode.Close:
        this.#isClosed = true;
        return closeOf(frame.payload);
      default:
        this.#fragments.push(frame);
        return frame.fin ? this.#takeMessage() : null;
    }
  }

  #takeMessage(): WireEvent {
    const fragments = this.#fragments;
    const [first] = fragments as [RawFrame];
    this.#fragments = [];
    const joined = Buffer.concat(fragments.map(({ payload }) => payload));
    const payload =
      first.rsv === 0 || this.extension === null ? joined : payloadBytes(this.extension.decode(joined));
    const messageType = first.opcode === Opcode.Text ? 'text' : 'binary';
    return { type: 'message', messageType, payload, rsv: first.rsv, fragments: fragments.length };
  }
}

function closeOf(payload: Buffer): WireEvent {
  if (payload.length < 2) return { type: 'close', code: 1005, reason: '' };
  return { type: 'close', code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) };
}
