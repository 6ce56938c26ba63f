import type { UpgradeRequest } from 'ieum';
import { errors, type JWTPayload, jwtVerify } from 'jose';

import type { Log } from '../log.js';
import { LogLimit } from '../log-limit.js';

import { type AccessAction, type AccessRules, isAllowed, readAccessRules } from './access.js';
import type { AuthSettings } from './auth-settings.js';
import { createKeySource, type KeySource, KeysUnavailable } from './key-source.js';

/** What is known of a client, for `authorize`. */
export interface TokenUser {
  readonly access: AccessRules;
}

/** Who a client is: as a hub takes it. */
export interface TokenIdentity {
  /** The claim `sub`; null without one, and for everybody where no token is needed. */
  readonly name: string | null;
  readonly user: TokenUser;
  /** The claim `info`: what others learn of them where presence is on. */
  readonly info?: unknown;
  /** The claim `exp`, in milliseconds since 1970. */
  readonly expiresAtMs?: number;
}

/** What the server knows of a connection: nothing where no token is needed. */
export type ServedUser = TokenIdentity | undefined;

/** Who may come in and what they may do. */
export interface Authentication {
  /** Whether clients need a token. */
  readonly isRequired: boolean;
  /**
   * Who a token belongs to; null when it is not accepted, or missing where one is needed. Never rejects. Where no token is
   * needed, none is looked at.
   */
  authenticate(
    token: string | null,
    request?: Pick<UpgradeRequest, 'address'>,
  ): Promise<TokenIdentity | null>;
  authorize(action: AccessAction, topic: string, user: TokenUser): boolean;
}

/** Makes what judges tokens. */
export function createAuthentication(settings: AuthSettings, log: Log): Authentication {
  const authorize: Authentication['authorize'] = (action, topic, { access }) =>
    isAllowed(access, action, topic);
  if (settings.keys === null) {
    const anyone: TokenIdentity = { name: null, user: { access: settings.defaultAccess } };
    return { isRequired: false, authenticate: async () => anyone, authorize };
  }
  const judge = new TokenJudge(settings, createKeySource(settings.keys, log));
  const logRefusal = createRefusalLog(log);
  const authenticate: Authentication['authenticate'] = async (token, request) => {
    if (token === null || token === '') return null;
    const verdict = await judge.judge(token);
    if (verdict.type === 'accepted') return verdict.identity;
    logRefusal(verdict.reason, request?.address);
    return null;
  };
  return { isRequired: true, authenticate, authorize };
}

/** The token that a handshake comes with: in `Authorization: Bearer`, or the parameter `access_token` (RFC 6750 §2). */
export function tokenOf(request: Pick<UpgradeRequest, 'headers' | 'query'>): string | null {
  const fields = request.headers.getAll('Authorization');
  if (fields.length > 1) return null;
  const bearer = /^Bearer +([\w.~+/=-]+) *$/i.exec(fields[0] ?? '')?.[1];
  return bearer ?? request.query.get('access_token');
}

function createRefusalLog(log: Log): (reason: string, address: string | undefined) => void {
  const limit = new LogLimit();
  const tellOfMore = (count: number) =>
    log.info(`tokens that are not accepted: ${count} more in a short time`, {
      event: 'auth.refused-more',
      count,
    });
  return (reason, address) => {
    if (!limit.admits(tellOfMore)) return;
    const fields = { event: 'auth.refused', reason, ...(address === undefined ? {} : { address }) };
    log.info(`a token is not accepted: ${reason}`, fields);
  };
}

type Verdict =
  | { readonly type: 'accepted'; readonly identity: TokenIdentity }
  | { readonly type: 'refused'; readonly reason: string };

class TokenJudge {
  readonly #settings: AuthSettings;
  readonly #keys: KeySource;

  constructor(settings: AuthSettings, keys: KeySource) {
    this.#settings = settings;
    this.#keys = keys;
  }

  async judge(token: string): Promise<Verdict> {
    if (token.length > maxTokenLength) return refused(`it has more than ${maxTokenLength} characters`);
    try {
      return this.#read(await this.#verify(token));
    } catch (error) {
      return refused(describeFault(error));
    }
  }

  async #verify(token: string): Promise<JWTPayload> {
    const { issuer, audiences, requiresExpiry } = this.#settings;
    const { key, algorithms } = this.#keys;
    const options = {
      algorithms: [...algorithms],
      clockTolerance: clockToleranceS,
      requiredClaims: requiresExpiry ? ['exp'] : [],
      ...(issuer === null ? {} : { issuer }),
      ...(audiences.length === 0 ? {} : { audience: [...audiences] }),
    };
    const { payload } = await (typeof key === 'function'
      ? jwtVerify(token, key, options)
      : jwtVerify(token, key, options));
    return payload;
  }

  #read({ sub, exp, topics, info }: JWTPayload): Verdict {
    if (sub !== undefined && (typeof sub !== 'string' || sub === '' || sub.length > maxNameLength)) {
      return refused(`its sub is no name of up to ${maxNameLength} characters`);
    }
    const access = topics === undefined ? this.#settings.defaultAccess : readAccessRules(topics);
    if (access === null) return refused('its topics are no lists of topics and patterns');
    const identity: TokenIdentity = {
      name: sub ?? null,
      user: { access },
      ...(info === undefined ? {} : { info }),
      // Accepted a little longer, so that a clock that is fast ends nobody at once.
      ...(exp === undefined ? {} : { expiresAtMs: (exp + clockToleranceS) * 1_000 }),
    };
    return { type: 'accepted', identity };
  }
}

function refused(reason: string): Verdict {
  return { type: 'refused', reason };
}

/** Which rule a token breaks, less anything of the token. */
function describeFault(error: unknown): string {
  if (error instanceof KeysUnavailable || error instanceof errors.JWKSTimeout)
    return 'the keys cannot be had';
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return describeClaimFault(error);
  return (
    faults.get(error instanceof errors.JOSEError ? error.code : '') ?? 'it is no token, or cannot be checked'
  );
}

function describeClaimFault({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `it has no ${claim}`;
  if (reason === 'check_failed' && claim === 'nbf') return 'it is not valid yet: its nbf is in the future';
  const setting = claim === 'iss' ? '--auth-issuer' : claim === 'aud' ? '--auth-audience' : null;
  return setting === null ? `its ${claim} cannot be` : `its ${claim} is not what ${setting} says`;
}

const faults: ReadonlyMap<string, string> = new Map([
  ['ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'its signature is wrong'],
  ['ERR_JOSE_ALG_NOT_ALLOWED', 'its algorithm is not allowed'],
  ['ERR_JWKS_NO_MATCHING_KEY', 'it names no key of the set'],
  ['ERR_JWKS_MULTIPLE_MATCHING_KEYS', 'several keys of the set fit it'],
]);

/** By how much clocks may differ, in seconds. */
const clockToleranceS = 5;
const maxTokenLength = 8 * 1024;
const maxNameLength = 255;
