import { Buffer } from 'node:buffer';

/** One packet of Engine.IO v4. Only messages may be binary. */
export type Packet =
  | { readonly type: 'message'; readonly data: string | Uint8Array }
  | { readonly type: Exclude<PacketType, 'message'>; readonly data: string };

export type PacketType = 'open' | 'close' | 'ping' | 'pong' | 'message' | 'upgrade' | 'noop';

/** Something that is no packet. */
export interface PacketViolation {
  readonly type: 'violation';
  /** What is wrong, for people. */
  readonly message: string;
}

/**
 * Decodes a packet in text: a digit for its type and the data, or `b` and a binary message in base64. Never throws.
 */
export function decodePacket(text: string): Packet | PacketViolation {
  if (text.startsWith('b')) return decodeBinary(text);
  const type = typesByDigit[text.charCodeAt(0) - digitZero];
  if (type === undefined) return { type: 'violation', message: 'a packet begins with a digit from 0 to 6' };
  return { type, data: text.slice(1) };
}

/** Encodes a packet as text: a binary message as `b` and base64. */
export function encodePacket({ type, data }: Packet): string {
  return typeof data === 'string' ? `${digitsByType[type]}${data}` : `b${base64Of(data)}`;
}

function decodeBinary(text: string): Packet | PacketViolation {
  const digits = text.replace(padding, '').length - 1;
  const isBase64 = base64.test(text) && digits % 4 !== 1;
  if (!isBase64) return { type: 'violation', message: 'a binary message is in base64' };
  return { type: 'message', data: Buffer.from(text.slice(1), 'base64') };
}

function base64Of(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

const typesByDigit: readonly PacketType[] = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'];
const digitsByType = Object.fromEntries(typesByDigit.map((type, digit) => [type, digit])) as Readonly<
  Record<PacketType, number>
>;
const digitZero = 48;
const base64 = /^b[A-Za-z0-9+/]*={0,2}$/;
const padding = /={1,2}$/;
