import { Buffer } from 'node:buffer';

export interface ClientFrameOptions {
  readonly fin?: boolean;
  readonly rsv?: number;
  readonly masked?: boolean;
  /** The length that the header claims, whatever the payload has. */
  readonly length?: number;
}

/** A frame as a client sends it, right or wrong; the masking key is the same each time. */
export function clientFrame(
  opcode: number,
  payload: string | Uint8Array = '',
  options: ClientFrameOptions = {},
): Buffer {
  const { fin = true, rsv = 0, masked = true } = options;
  const bytes = Buffer.from(payload);
  const length = options.length ?? bytes.length;
  const mark = masked ? 0x80 : 0;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  header[1] = mark | (length < 126 ? length : length < 65536 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([header, bytes]);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ (maskingKey[i % 4] as number);
  return Buffer.concat([header, maskingKey, bytes]);
}

export const text = (payload: string, options?: ClientFrameOptions): Buffer =>
  clientFrame(1, payload, options);
export const binary = (payload: Uint8Array, options?: ClientFrameOptions): Buffer =>
  clientFrame(2, payload, options);
export const continuation = (payload: string, options?: ClientFrameOptions): Buffer =>
  clientFrame(0, payload, options);
export const ping = (payload = ''): Buffer => clientFrame(9, payload);
export const pong = (payload = ''): Buffer => clientFrame(10, payload);

/** A Close frame, without a body when there is no code. */
export function close(code?: number, reason = ''): Buffer {
  if (code === undefined) return clientFrame(8);
  return clientFrame(8, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));
}

const maskingKey = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
