import { Buffer } from 'node:buffer';
import { canonicalAddress } from './ip-address.js';
import {
  type Endpoint,
  invalidHeader,
  type ProxyProtocolError,
  type ProxyProtocolVerdict,
} from './proxy-protocol-header.js';

/** Reads a binary header (PROXY protocol §2.2): signature, command, family, length, addresses, TLVs. */
export function decodeVersion2(held: Uint8Array): ProxyProtocolVerdict {
  const bytes = Buffer.from(held.buffer, held.byteOffset, held.byteLength);
  const checked = Math.min(bytes.length, signature.length);
  if (!bytes.subarray(0, checked).equals(signature.subarray(0, checked))) return invalidHeader('signature');
  if (bytes.length < fixedBytes) return { type: 'needs', byteLength: fixedBytes };

  const byteLength = fixedBytes + bytes.readUInt16BE(lengthOffset);
  const problem = checkFixedPart(bytes) ?? (byteLength > maxHeaderBytes ? 'too-long' : null);
  if (problem !== null) return invalidHeader(problem);
  if (bytes.length < byteLength) return { type: 'needs', byteLength };
  return decodeWhole(bytes);
}

function checkFixedPart(bytes: Buffer): ProxyProtocolError | null {
  const versionAndCommand = bytes.readUInt8(signature.length);
  const family = bytes.readUInt8(familyOffset);
  if (versionAndCommand >> 4 !== 2) return 'version';
  if ((versionAndCommand & 0x0f) > 1) return 'command';
  return family >> 4 > 3 || (family & 0x0f) > 2 ? 'family' : null;
}

/** The proxy's own connections, and those of families that no TCP client has, are taken without addresses (§2.2). */
function decodeWhole(bytes: Buffer): ProxyProtocolVerdict {
  const isLocal = (bytes.readUInt8(signature.length) & 0x0f) === 0;
  const addressLength = isLocal ? 0 : addressLengths.get(bytes.readUInt8(familyOffset));
  const header = { type: 'header', source: null, destination: null, tls: undefined } as const;
  if (isLocal || addressLength === undefined) return { type: 'done', byteLength: bytes.length, header };

  const tlvStart = fixedBytes + 2 * addressLength + 4;
  if (bytes.length < tlvStart) return invalidHeader('addresses');
  const extensions = decodeExtensions(bytes, tlvStart);
  if (extensions.type === 'invalid') return extensions;
  const source = endpointAt(bytes, 0, addressLength);
  const destination = endpointAt(bytes, 1, addressLength);
  return {
    type: 'done',
    byteLength: bytes.length,
    header: { ...header, source, destination, tls: extensions.tls },
  };
}

/** Both addresses come first, both ports after them; `index` 0 is the source. */
function endpointAt(bytes: Buffer, index: 0 | 1, addressLength: number): Endpoint {
  const start = fixedBytes + index * addressLength;
  const address = formatAddress(bytes.subarray(start, start + addressLength));
  return { address, port: bytes.readUInt16BE(fixedBytes + 2 * addressLength + 2 * index) };
}

function formatAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const text = bytes.toString('hex').replace(/(.{4})(?!$)/g, '$1:');
  return canonicalAddress(text) ?? text;
}

type Extensions =
  | { readonly type: 'extensions'; readonly tls: boolean | undefined }
  | { readonly type: 'invalid'; readonly reason: ProxyProtocolError };

/** Each a type, a 16-bit length and a value (§2.2.1–2.2.6). */
function decodeExtensions(bytes: Buffer, start: number): Extensions {
  let tls: boolean | undefined;
  let offset = start;
  while (offset < bytes.length) {
    if (offset + tlvHeadBytes > bytes.length) return invalidHeader('tlv');
    const value = offset + tlvHeadBytes;
    const end = value + bytes.readUInt16BE(offset + 1);
    if (end > bytes.length) return invalidHeader('tlv');

    const type = bytes.readUInt8(offset);
    if (type === Tlv.Ssl) {
      if (end - value < sslHeadBytes) return invalidHeader('tlv');
      tls = (bytes.readUInt8(value) & clientSsl) !== 0;
    }
    if (type === Tlv.Crc32c) {
      if (end - value !== 4) return invalidHeader('tlv');
      if (bytes.readUInt32BE(value) !== crc32c(bytes, value)) return invalidHeader('checksum');
    }
    offset = end;
  }
  return { type: 'extensions', tls };
}

/** The checksum of RFC 9260 Appendix A, with the four bytes at `hole` taken as zeros (§2.2.3). */
function crc32c(bytes: Buffer, hole: number): number {
  let remainder = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    const inHole = i >= hole && i < hole + 4;
    remainder ^= inHole ? 0 : bytes.readUInt8(i);
    for (let bit = 0; bit < 8; bit++) {
      remainder = (remainder >>> 1) ^ (remainder & 1 ? castagnoli : 0);
    }
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const familyOffset = 13;
const lengthOffset = 14;
const fixedBytes = 16;
/** Two IPv6 addresses take 36 bytes; the rest is room for TLVs, certificate names among them. */
const maxHeaderBytes = 4096;
/** How long one address is, for TCP over IPv4 and over IPv6. */
const addressLengths: ReadonlyMap<number, number> = new Map([
  [0x11, 4],
  [0x21, 16],
]);
const Tlv = { Crc32c: 0x03, Ssl: 0x20 } as const;
const tlvHeadBytes = 3;
/** Client flags and a verification result; sub-TLVs follow. */
const sslHeadBytes = 5;
const clientSsl = 0x01;
/** CRC-32C's polynomial, its bits reversed. */
const castagnoli = 0x82f63b78;
