import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';

import { UsageError } from '../errors.js';

/**
 * The value of Sec-WebSocket-Key for 16 bytes, which the caller draws at random for each connection (RFC 6455 §4.1).
 *
 * @throws UsageError `ERR_WS_INVALID_OPTION` when there are not 16 bytes
 */
export function createKey(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new UsageError('ERR_WS_INVALID_OPTION', 'a key is made from 16 bytes');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Whether `value` is the one way to write 16 bytes in base64: the last digit has four spare bits, all zero (erratum 3150). */
export function isKey(value: string): boolean {
  return canonicalKey.test(value);
}

/** The value of Sec-WebSocket-Accept that answers a key (RFC 6455 §4.2.2). */
export function acceptFor(key: string): string {
  return hash('sha1', key + webSocketGuid, 'base64');
}

const canonicalKey = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const webSocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
