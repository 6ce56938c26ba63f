import { UsageError } from '../core/errors.js';
import type { HeaderField } from '../core/handshake/header-fields.js';
import { type Refusal, refuse } from '../core/handshake/refusal.js';

import type { UpgradeRequest } from './upgrade-request.js';

/** An accepted client and who it is. Made by `accept`, and by nothing else. */
export class Acceptance<User> {
  readonly user: User;
  /** Fields to add to the response, such as Set-Cookie. */
  readonly headers: readonly HeaderField[];

  constructor(user: User, headers: Iterable<HeaderField>) {
    this.user = user;
    this.headers = [...headers];
  }
}

/** Who a client is, or why it is not let in. */
export type Authentication<User> = Acceptance<User> | Refusal;

/**
 * Decides on a client before its opening handshake is answered. Return `accept(user)` or `refuse(status, reason)`.
 *
 * @param signal aborted when the handshake's time is up or the client has gone
 */
export type Authenticate<User> = (
  request: UpgradeRequest,
  signal: AbortSignal,
) => Authentication<User> | Promise<Authentication<User>>;

/** Lets a client in: `user` is what handlers find as `peer.user`. */
export function accept<User>(user: User, headers: Iterable<HeaderField> = []): Acceptance<User> {
  return new Acceptance(user, headers);
}

/** What an application decided: without a decision nobody is let in. @throws UsageError `ERR_WS_INVALID_DATA` */
export function checkAuthentication<User>(decision: Authentication<User> | undefined): Authentication<User> {
  const decided: unknown = decision ?? refuse(403, 'not accepted');
  if (decided instanceof Acceptance) return decided as Acceptance<User>;
  if (typeof decided === 'object' && decided !== null && 'status' in decided && 'reason' in decided) {
    const { status, reason, headers } = decided as Refusal;
    return refuse(status, reason, headers);
  }
  throw new UsageError('ERR_WS_INVALID_DATA', 'authenticate returns accept(user) or refuse(status, reason)');
}

export function isRefusal(authentication: Acceptance<unknown> | Refusal): authentication is Refusal {
  return !(authentication instanceof Acceptance);
}
