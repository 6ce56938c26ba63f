import { Buffer } from 'node:buffer';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Opcode } from 'ieum/core';

import type { ByteTransport } from './byte-transport.js';
import { describeFrame, encodeFrame, type FrameToSend, payloadBytes } from './frame.js';
import type { WireLog } from './wire-log.js';
import type { Cut } from './wire-options.js';

/** Writes whatever it is told to the peer, and into the log. */
export class Sender {
  hasSentClose = false;
  readonly #transport: ByteTransport;
  readonly #log: WireLog;
  readonly #masks: boolean;

  /** @param masks whether frames are masked unless they say otherwise */
  constructor(transport: ByteTransport, log: WireLog, masks: boolean) {
    this.#transport = transport;
    this.#log = log;
    this.#masks = masks;
  }

  sendFrame(frame: FrameToSend): void {
    const bytes = this.encode(frame);
    this.write(bytes, describeSent(frame, this.#isMasked(frame)));
    if (frame.opcode === Opcode.Close) this.hasSentClose = true;
  }

  /** Sends frames in one write, or cut into pieces wherever frames end. */
  async sendFrames(frames: readonly FrameToSend[], { pieceBytes, delayMs = 0 }: Cut): Promise<void> {
    const bytes = Buffer.concat(frames.map((frame) => this.encode(frame)));
    const lines = frames.slice(0, maxListedFrames).map((frame) => describeSent(frame, this.#isMasked(frame)));
    const more = frames.length > lines.length ? ` | and ${frames.length - lines.length} frames more` : '';
    const line = lines.join(' | ') + more;
    if (frames.some(({ opcode }) => opcode === Opcode.Close)) this.hasSentClose = true;
    if (pieceBytes === undefined) this.write(bytes, line);
    else await this.dribble(bytes, pieceBytes, delayMs, line);
  }

  /** The bytes of a frame, as `sendFrame` would write them. */
  encode(frame: FrameToSend): Buffer {
    return encodeFrame(frame, this.#isMasked(frame) ? (frame.key ?? randomInt(2 ** 32)) : null);
  }

  #isMasked({ masked = this.#masks }: FrameToSend): boolean {
    return masked;
  }

  write(bytes: Uint8Array, line: string): void {
    const isSent = this.#transport.write(bytes);
    this.#log.sent(isSent ? line : `${line} (lost: the connection cannot be written to any more)`, bytes);
  }

  async dribble(
    bytes: Uint8Array,
    pieceBytes: number,
    delayMs: number,
    line = `${bytes.length} bytes`,
  ): Promise<void> {
    this.#log.sent(`${line}, ${pieceBytes} bytes at a time, ${delayMs} ms apart`, bytes);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      if (!this.#transport.write(bytes.subarray(at, at + pieceBytes))) return;
      if (at + pieceBytes < bytes.length) await sleep(delayMs);
    }
  }
}

/** The payload of a Close frame. 1005 writes none. */
export function closePayload(code: number, reason: string): Buffer {
  if (code === 1005) return Buffer.alloc(0);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

function describeSent(frame: FrameToSend, masked: boolean): string {
  const { fin = true, rsv = 0, opcode, announcedLength, lengthForm } = frame;
  const payload = payloadBytes(frame.payload ?? '');
  const extra = [
    ...(lengthForm === undefined ? [] : [`, length in ${lengthForm} bits`]),
    ...(announcedLength === undefined ? [] : [`, announced as ${announcedLength}`]),
  ];
  return describeFrame({ fin, rsv, opcode, masked, payload }) + extra.join('');
}

const maxListedFrames = 12;
