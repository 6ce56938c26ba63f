import { constants, deflateRawSync } from 'node:zlib';

import type { ExtensionOffer } from 'ieum/core';

import { LoadFailure } from './load-failure.js';

/** What a server said to `permessage-deflate` (RFC 7692). */
export interface CompressionGrant {
  /** Whether its messages refer to those before them. */
  readonly serverKeepsContext: boolean;
}

/** Our messages are compressed ahead, so none of them can refer to another. */
export const compressionOffer: ExtensionOffer = {
  name: 'permessage-deflate',
  params: [['client_no_context_takeover', true]],
};

/** The reserved bit of a compressed message (RFC 7692 §6). */
export const compressedRsv = 4;

/** @throws LoadFailure when the server does not grant the offer, or grants what was not offered (RFC 7692 §7.1) */
export function readCompressionGrant(extensions: readonly ExtensionOffer[]): CompressionGrant {
  const [answer] = extensions;
  if (answer === undefined) throw new LoadFailure('the server does not grant permessage-deflate');
  const names = answer.params.map(([name]) => name);
  const foreign = names.find((name) => !grantable.has(name));
  if (foreign !== undefined) {
    throw new LoadFailure(`the server grants permessage-deflate with ${foreign}, which was not offered`);
  }
  return { serverKeepsContext: !names.includes('server_no_context_takeover') };
}

/** A message by itself, as it stands in a frame (RFC 7692 §7.2.1). */
export function compress(payload: Buffer): Buffer {
  // The form that RFC 7692 §7.2.3.6 has for an empty message.
  if (payload.length === 0) return Buffer.of(0);
  return deflateRawSync(payload, { level: 6, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -flushBytes);
}

const grantable: ReadonlySet<string> = new Set([
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits',
]);
/** What a flush ends with, and what is left out. */
const flushBytes = 4;
