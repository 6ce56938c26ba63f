/** Stable names of what a hub refuses. Tests, applications and clients match these, never the message. */
export type HubErrorCode =
  /** The name is no topic: empty, too long, with an empty level, a control character or a wildcard. */
  | 'ERR_HUB_INVALID_TOPIC'
  | 'ERR_HUB_INVALID_PATTERN'
  /** No namespace has it. */
  | 'ERR_HUB_UNKNOWN_TOPIC'
  /** The user may not do that there. */
  | 'ERR_HUB_FORBIDDEN'
  | 'ERR_HUB_MESSAGE_TOO_LARGE'
  /** The data is not what the topic's or the method's schema asks for, or nothing that can be published. */
  | 'ERR_HUB_INVALID_DATA'
  | 'ERR_HUB_INVALID_POSITION'
  | 'ERR_HUB_INVALID_KEY'
  | 'ERR_HUB_INVALID_HEADER'
  | 'ERR_HUB_ALREADY_SUBSCRIBED'
  | 'ERR_HUB_NOT_SUBSCRIBED'
  | 'ERR_HUB_TOO_MANY_SUBSCRIPTIONS'
  | 'ERR_HUB_TOO_MANY_REQUESTS'
  /** The broker cannot be reached; try again. */
  | 'ERR_HUB_UNAVAILABLE'
  /** The topic keeps no history, or knows no presence. */
  | 'ERR_HUB_NOT_KEPT'
  | 'ERR_HUB_UNKNOWN_METHOD'
  | 'ERR_HUB_HANDLER'
  | 'ERR_HUB_TIMEOUT'
  | 'ERR_HUB_CANCELLED'
  | 'ERR_HUB_INVALID_ENVELOPE'
  | 'ERR_HUB_UNAUTHENTICATED'
  | 'ERR_HUB_CLOSED'
  | 'ERR_HUB_INVALID_OPTION';

/** What a hub refuses, and why: `code` is stable, `message` is for people. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly code: HubErrorCode;

  constructor(code: HubErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
