import { Buffer } from 'node:buffer';

import { applyMask, Opcode } from 'ieum/core';

/** A frame to write, allowed or not. */
export interface FrameToSend {
  /** Default true. */
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. Default 0. */
  readonly rsv?: number;
  readonly opcode: number;
  /** A text is written as UTF-8. Default empty. */
  readonly payload?: string | Uint8Array;
  /** Default as the tester's role demands: a client masks, a server does not (RFC 6455 §5.1). */
  readonly masked?: boolean;
  /** The masking key. Default random. */
  readonly key?: number;
  /** How the length is written: in 7 bits, 16 bits, or 64 bits. Default the shortest. */
  readonly lengthForm?: 7 | 16 | 64;
  /** The length that is announced. Default that of the payload. */
  readonly announcedLength?: number | bigint;
}

/** A frame as it came, its payload unmasked. */
export interface RawFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** The masking key; null in a frame that was not masked. */
  readonly key: number | null;
  readonly lengthForm: 7 | 16 | 64;
  readonly payload: Buffer;
}

/** A frame as bytes (RFC 6455 §5.2). @param key null writes it unmasked */
export function encodeFrame(frame: FrameToSend, key: number | null): Buffer {
  const payload = payloadBytes(frame.payload ?? '');
  const length = BigInt(frame.announcedLength ?? payload.length);
  const form = frame.lengthForm ?? shortestForm(length);
  const header = Buffer.alloc(2 + (form === 7 ? 0 : form / 8) + (key === null ? 0 : 4));
  header[0] = (frame.fin === false ? 0 : 0x80) | ((frame.rsv ?? 0) << 4) | frame.opcode;
  header[1] = (key === null ? 0 : 0x80) | (form === 7 ? Number(length) & 0x7f : form === 16 ? 126 : 127);
  if (form === 16) header.writeUInt16BE(Number(length & 0xffffn), 2);
  if (form === 64) header.writeBigUInt64BE(BigInt.asUintN(64, length), 2);
  if (key === null) return Buffer.concat([header, payload]);
  header.writeUInt32BE(key >>> 0, header.length - 4);
  const bytes = Buffer.concat([header, payload]);
  applyMask(bytes.subarray(header.length), key);
  return bytes;
}

export function payloadBytes(payload: string | Uint8Array): Buffer {
  if (typeof payload === 'string') return Buffer.from(payload);
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}

/** The shortest way to write a length (RFC 6455 §5.2). */
export function shortestForm(length: bigint): 7 | 16 | 64 {
  return length < 126n ? 7 : length < 65_536n ? 16 : 64;
}

/** A frame in words: `text, FIN, masked, 5 bytes "Hello"`. */
export function describeFrame(frame: Omit<RawFrame, 'lengthForm' | 'key'>): string {
  const { opcode, fin, rsv, masked, payload } = frame;
  const parts = [
    opcodeNames.get(opcode) ?? `opcode ${opcode.toString(16).toUpperCase()}`,
    ...(fin ? [] : ['not final']),
    ...(rsv & 4 ? ['RSV1'] : []),
    ...(rsv & 2 ? ['RSV2'] : []),
    ...(rsv & 1 ? ['RSV3'] : []),
    ...(masked ? ['masked'] : []),
    `${payload.length} bytes${describePayload(opcode, payload)}`,
  ];
  return parts.join(', ');
}

function describePayload(opcode: number, payload: Buffer): string {
  if (payload.length === 0) return '';
  if (opcode === Opcode.Close && payload.length >= 2) {
    const reason = payload.subarray(2);
    return `: ${payload.readUInt16BE(0)}${reason.length === 0 ? '' : ` ${excerpt(reason)}`}`;
  }
  return opcode === Opcode.Binary || opcode === Opcode.Continuation ? '' : ` ${excerpt(payload)}`;
}

/** The beginning of a text, as a JSON string. */
export function excerpt(bytes: Buffer): string {
  const text = bytes.toString('utf8', 0, Math.min(bytes.length, maxExcerptBytes));
  return JSON.stringify(bytes.length > maxExcerptBytes ? `${text}…` : text);
}

const opcodeNames: ReadonlyMap<number, string> = new Map([
  [Opcode.Continuation, 'continuation'],
  [Opcode.Text, 'text'],
  [Opcode.Binary, 'binary'],
  [Opcode.Close, 'Close'],
  [Opcode.Ping, 'Ping'],
  [Opcode.Pong, 'Pong'],
]);
const maxExcerptBytes = 48;
