import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';

import type { Log } from '../log.js';

import type { TokenKeys } from './auth-settings.js';

/** What checks signatures, and with which algorithms: a token never chooses among others. */
export interface KeySource {
  readonly key: Uint8Array | JWTVerifyGetKey;
  readonly algorithms: readonly string[];
}

/** Thrown when the keys cannot be had. It is no fault of a token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

export function createKeySource(keys: TokenKeys, log: Log): KeySource {
  switch (keys.type) {
    case 'secret':
      return { key: keys.secret, algorithms: ['HS256', 'HS384', 'HS512'] };
    case 'key-set':
      return { key: createLocalJWKSet(keys.keySet), algorithms: publicAlgorithms };
    case 'key-set-url':
      return { key: createRemoteKeys(keys.url, log), algorithms: publicAlgorithms };
  }
}

/**
 * Keys that are fetched when they are needed, kept for ten minutes, and asked for again when a token names another key, every
 * 30 seconds at most. After a failure nothing is fetched for five seconds, however many tokens come.
 */
function createRemoteKeys(url: string, log: Log): JWTVerifyGetKey {
  const fetcher = new KeyFetcher(log);
  return createRemoteJWKSet(new URL(url), {
    cacheMaxAge: keptMs,
    cooldownDuration: cooldownMs,
    timeoutDuration: timeoutMs,
    [customFetch]: (target, options) => fetcher.fetch(target, options),
  });
}

class KeyFetcher {
  readonly #log: Log;
  #failedAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;

  constructor(log: Log) {
    this.#log = log;
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    if (performance.now() - this.#failedAt < failureMs)
      throw new KeysUnavailable('fetching keys has just failed');
    try {
      const keys = await readKeys(await fetch(url, init));
      if (this.#isFailing) this.#log.info('the keys that tokens are checked with are there again', eventUp);
      this.#isFailing = false;
      return Response.json(keys);
    } catch (cause) {
      this.#failedAt = performance.now();
      this.#isFailing = true;
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#log.warn(
        `the keys that tokens are checked with cannot be fetched: ${reason}; until they can, no token is accepted`,
        { event: 'auth.keys-unavailable', reason },
      );
      throw new KeysUnavailable(reason, { cause });
    }
  }
}

/** Reads a key set, as far as one may be long. */
async function readKeys(response: Response): Promise<unknown> {
  if (response.status !== 200) throw new Error(`the answer is ${response.status}, not 200`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxKeySetBytes) throw new Error(`the answer has more than ${maxKeySetBytes} bytes`);
    chunks.push(chunk);
  }
  const keys: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  // Throws for what is no key set.
  createLocalJWKSet(keys as Parameters<typeof createLocalJWKSet>[0]);
  return keys;
}

const publicAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
] as const;
const keptMs = 10 * 60_000;
const cooldownMs = 30_000;
const timeoutMs = 5_000;
const failureMs = 5_000;
const maxKeySetBytes = 1024 * 1024;
const eventUp = { event: 'auth.keys-available' };
