/** How a message is sent. */
export interface MessageOptions {
  /** Payload bytes in each fragment. Default: one frame. */
  readonly fragmentBytes?: number;
}

/** How the bytes of frames are cut on their way. */
export interface Cut {
  /** Default: all at once. */
  readonly pieceBytes?: number;
  /** Between two pieces. Default 0: as soon as timers allow. */
  readonly delayMs?: number;
}

export interface WaitOptions {
  /** Default: until the case is over. */
  readonly timeoutMs?: number;
}

export interface FailureExpectation extends WaitOptions {
  /** Close codes that say the right thing. Another one is non-strict. */
  readonly codes: readonly number[];
  /** Whether the connection may end without a Close frame. Default: that is non-strict (RFC 6455 §7.1.7). */
  readonly allowNoClose?: boolean;
  /** Whether messages that were right may still come back before. Default false. */
  readonly allowMessages?: boolean;
}
