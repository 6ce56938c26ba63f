import { Buffer } from 'node:buffer';
import { applyMask, type MaskingKey } from './masking/masking.js';
import { Opcode } from './opcode.js';

export interface FrameToEncode {
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** Default true. */
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. Default 0. */
  readonly rsv?: number;
  /** Given, the frame is masked with it. */
  readonly key?: MaskingKey;
}

/** One frame as bytes (RFC 6455 §5.2), with the shortest length encoding. Checks nothing: it can make forbidden frames. */
export function encodeFrame(frame: FrameToEncode): Buffer {
  const { payload, key } = frame;
  const headerLength = frameHeaderLength(payload.length, key !== undefined);
  const bytes = Buffer.allocUnsafe(headerLength + payload.length);
  const first = (frame.fin === false ? 0 : 0x80) | ((frame.rsv ?? 0) << 4) | frame.opcode;
  writeFrameHeader(bytes, 0, first, payload.length, key);
  bytes.set(payload, headerLength);
  if (key !== undefined) applyMask(bytes.subarray(headerLength), key);
  return bytes;
}

/** How many bytes the header of a frame has. */
export function frameHeaderLength(payloadLength: number, masked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 65536 ? 4 : 10) + (masked ? 4 : 0);
}

/** Writes a header; `first` is its first byte: FIN, reserved bits and opcode. Returns where the payload begins. */
export function writeFrameHeader(
  bytes: Buffer,
  at: number,
  first: number,
  payloadLength: number,
  key: MaskingKey | undefined,
): number {
  const mask = key === undefined ? 0 : 0x80;
  let end = at + 2;
  bytes[at] = first;
  if (payloadLength < 126) bytes[at + 1] = mask | payloadLength;
  else if (payloadLength < 65536) {
    bytes[at + 1] = mask | 126;
    end = bytes.writeUInt16BE(payloadLength, end);
  } else {
    bytes[at + 1] = mask | 127;
    end = bytes.writeUInt32BE(Math.floor(payloadLength / 2 ** 32), end);
    end = bytes.writeUInt32BE(payloadLength >>> 0, end);
  }
  return key === undefined ? end : bytes.writeInt32BE(key | 0, end);
}

/** The first byte of an unfragmented frame. */
export function finalFrame(opcode: Opcode, rsv = 0): number {
  return 0x80 | (rsv << 4) | opcode;
}

export function opcodeOf(type: 'text' | 'binary'): typeof Opcode.Text | typeof Opcode.Binary {
  return type === 'text' ? Opcode.Text : Opcode.Binary;
}
