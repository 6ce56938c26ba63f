import type { JSONWebKeySet } from 'jose';

import { CommandFailure, ExitStatus } from '../command-failure.js';
import { readGivenFile } from '../given-file.js';
import type { ServeFlags } from '../serve-options.js';

import { type AccessRules, allAccess, noAccess } from './access.js';

/** How tokens are judged, with all files read: workers are told this. */
export interface AuthSettings {
  /** Null when nobody needs a token. */
  readonly keys: TokenKeys | null;
  readonly issuer: string | null;
  /** Empty for everybody. */
  readonly audiences: readonly string[];
  readonly requiresExpiry: boolean;
  /** What those may do who have no token, or one that does not say. */
  readonly defaultAccess: AccessRules;
}

/** What signatures are checked with. */
export type TokenKeys =
  | { readonly type: 'secret'; readonly secret: Uint8Array }
  | { readonly type: 'key-set'; readonly keySet: JSONWebKeySet }
  | { readonly type: 'key-set-url'; readonly url: string };

/** The flags that have to do with tokens. */
export type AuthFlags = Pick<
  ServeFlags,
  | 'authJwtSecret'
  | 'authJwtSecretFile'
  | 'authJwks'
  | 'authIssuer'
  | 'authAudience'
  | 'authRequireExp'
  | 'access'
>;

/** Reads the files that the flags name. Rejects with CommandFailure for flags that do not fit. Never tells a secret. */
export async function readAuthSettings(flags: AuthFlags): Promise<AuthSettings> {
  const keys = await readKeys(flags);
  if (keys === null) refuseWithoutKeys(flags);
  const { access = keys === null ? 'all' : 'none' } = flags;
  return {
    keys,
    issuer: flags.authIssuer ?? null,
    audiences: flags.authAudience ?? [],
    requiresExpiry: flags.authRequireExp ?? true,
    defaultAccess: typeof access === 'object' ? access : access === 'all' ? allAccess : noAccess,
  };
}

async function readKeys({
  authJwtSecret,
  authJwtSecretFile,
  authJwks,
}: AuthFlags): Promise<TokenKeys | null> {
  const given = [authJwtSecret, authJwtSecretFile, authJwks].filter((value) => value !== undefined);
  if (given.length > 1) {
    throw usage(
      'only one of --auth-jwt-secret, --auth-jwt-secret-file and --auth-jwks says how tokens are signed',
    );
  }
  if (authJwtSecret !== undefined) return secretOf('--auth-jwt-secret', Buffer.from(authJwtSecret));
  if (authJwtSecretFile !== undefined) {
    const text = (await readGivenFile('--auth-jwt-secret-file', authJwtSecretFile)).toString('latin1');
    return secretOf('--auth-jwt-secret-file', Buffer.from(text.replace(/\r?\n$/, ''), 'latin1'));
  }
  return authJwks === undefined ? null : await readKeySet(authJwks);
}

/** A key is as long as the hash at least (RFC 7518 §3.2). */
function secretOf(flag: string, secret: Buffer): TokenKeys {
  if (secret.length < minSecretBytes) {
    throw usage(`${flag} is too short: a secret has ${minSecretBytes} bytes or more, and is made by chance`);
  }
  return { type: 'secret', secret: new Uint8Array(secret) };
}

async function readKeySet(place: string): Promise<TokenKeys> {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(place)?.[1]?.toLowerCase();
  if (scheme !== undefined) return { type: 'key-set-url', url: checkKeySetUrl(place, scheme) };
  const text = (await readGivenFile('--auth-jwks', place)).toString('utf8');
  const keySet = parseKeySet(text);
  if (keySet === null) throw usage(`--auth-jwks: ${place} is no key set: it has an object { "keys": [ … ] }`);
  return { type: 'key-set', keySet };
}

/** Whoever can change the answer can make tokens: without TLS it comes from this machine only. */
function checkKeySetUrl(text: string, scheme: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw usage('--auth-jwks is no URL');
  if (url.username !== '' || url.password !== '')
    throw usage('--auth-jwks takes no name and password in the URL');
  if (scheme === 'https' || (scheme === 'http' && isLoopbackName(url.hostname))) return url.href;
  throw usage('--auth-jwks takes an https: URL or a file; http: only on a loopback address');
}

function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function parseKeySet(text: string): JSONWebKeySet | null {
  try {
    const value: unknown = JSON.parse(text);
    const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : null;
    return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null)
      ? (value as JSONWebKeySet)
      : null;
  } catch {
    return null;
  }
}

function refuseWithoutKeys({ authIssuer, authAudience, authRequireExp }: AuthFlags): void {
  const flags = {
    '--auth-issuer': authIssuer,
    '--auth-audience': authAudience,
    '--auth-require-exp': authRequireExp,
  };
  for (const [flag, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    throw usage(
      `${flag} needs --auth-jwt-secret-file, --auth-jwt-secret or --auth-jwks: without, nobody has a token`,
    );
  }
}

function usage(message: string): CommandFailure {
  return new CommandFailure(message, ExitStatus.Usage);
}

const minSecretBytes = 32;
