import { Buffer } from 'node:buffer';
import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from './ip-address.js';
import { type Endpoint, invalidHeader, type ProxyProtocolVerdict } from './proxy-protocol-header.js';

/** Reads `PROXY TCP4 source destination sourcePort destinationPort CRLF` (PROXY protocol §2.1). */
export function decodeVersion1(held: Uint8Array): ProxyProtocolVerdict {
  const text = Buffer.from(held.buffer, held.byteOffset, held.byteLength).toString('latin1');
  if (!text.startsWith(signature.slice(0, text.length))) return invalidHeader('signature');
  if (text.endsWith(lineEnd)) return decodeLine(text.slice(signature.length, -lineEnd.length), text.length);

  const endsInCarriageReturn = text.endsWith('\r');
  if (text.endsWith('\n') || text.slice(0, -1).endsWith('\r')) return invalidHeader('line');
  if (text.length + (endsInCarriageReturn ? 1 : lineEnd.length) > maxHeaderBytes)
    return invalidHeader('too-long');
  return { type: 'needs', byteLength: text.length + 1 };
}

function decodeLine(line: string, byteLength: number): ProxyProtocolVerdict {
  const [protocol, sourceAddress, destinationAddress, sourcePort, destinationPort, ...more] = line.split(' ');
  if (protocol === 'UNKNOWN') return done(null, null, byteLength);
  const isAddress = protocol === 'TCP4' ? isIPv4 : protocol === 'TCP6' ? isIPv6 : null;
  if (isAddress === null) return invalidHeader('family');

  const source = parseEndpoint(sourceAddress, sourcePort, isAddress);
  const destination = parseEndpoint(destinationAddress, destinationPort, isAddress);
  if (source === null || destination === null || more.length > 0) return invalidHeader('addresses');
  return done(source, destination, byteLength);
}

function parseEndpoint(
  address = '',
  port = '',
  isAddress: (text: string) => boolean = isIPv4,
): Endpoint | null {
  if (!isAddress(address) || address.includes('%')) return null;
  if (!portPattern.test(port) || Number(port) > maxPort) return null;
  const canonical = canonicalAddress(address);
  return canonical === null ? null : { address: canonical, port: Number(port) };
}

function done(
  source: Endpoint | null,
  destination: Endpoint | null,
  byteLength: number,
): ProxyProtocolVerdict {
  return { type: 'done', byteLength, header: { type: 'header', source, destination, tls: undefined } };
}

const signature = 'PROXY ';
const lineEnd = '\r\n';
/** The longest line that §2.1 allows, with its CRLF. */
const maxHeaderBytes = 107;
const portPattern = /^(?:0|[1-9]\d{0,4})$/;
const maxPort = 65535;
