import { Buffer } from 'node:buffer';

import type { Connection } from '../core/connection.js';
import type { ConnectionEvent } from '../core/connection-event.js';
import { DecodeStep, FrameDecoder } from '../core/frame-decoder.js';
import { Opcode } from '../core/opcode.js';

import { type Chunker, coalesced } from './chunker.js';

/** All events that can be pulled now. */
export function pullEvents(connection: Connection): ConnectionEvent[] {
  const events: ConnectionEvent[] = [];
  for (let event = connection.nextEvent(); event !== null; event = connection.nextEvent()) events.push(event);
  return events;
}

/** Lets the connection receive a copy of `bytes`, cut by `chunker`, and pulls what comes of each chunk. */
export function receiveBytes(
  connection: Connection,
  bytes: Uint8Array,
  now = 0,
  chunker: Chunker = coalesced,
): ConnectionEvent[] {
  return chunker(bytes).flatMap((chunk) => {
    connection.receive(chunk, now);
    return pullEvents(connection);
  });
}

/** All output so far as one piece. */
export function takeBytes(connection: Connection): Buffer {
  return Buffer.concat(connection.takeOutput());
}

/** A frame as it stood on the wire, its payload unmasked. */
export interface DecodedFrame {
  readonly fin: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/**
 * The frames in `bytes`, which must be whole and allowed on the wire.
 *
 * @throws Error when they are not: it is a test's own bytes that it reads
 */
export function decodeFrames(bytes: Uint8Array): DecodedFrame[] {
  const decoder = new FrameDecoder();
  const frames: DecodedFrame[] = [];
  const masked = ((bytes[1] ?? 0) & 0x80) !== 0;
  const role = masked ? 'server' : 'client';
  let insideMessage = false;
  decoder.receive(Buffer.from(bytes));
  for (;;) {
    const step = decoder.step({ role, insideMessage, extensionRsv: 0x7 });
    if (step === DecodeStep.Incomplete) return frames;
    if (decoder.violation !== null) throw new Error(`a forbidden frame: ${decoder.violation.code}`);
    if (!decoder.isFrameComplete()) throw new Error('the last frame is cut off');
    const { fin, rsv, opcode } = decoder;
    frames.push({ fin, rsv, opcode, masked, payload: Buffer.from(decoder.payload) });
    if (opcode <= Opcode.Binary) insideMessage = !fin;
  }
}
