/** The versions of STOMP, the oldest first. */
export const stompVersions = ['1.0', '1.1', '1.2'] as const;

export type StompVersion = (typeof stompVersions)[number];

/** A frame as it stands on the wire, header values as they were meant. */
export interface StompFrame {
  readonly command: string;
  /** Of a header that comes several times the first one holds (STOMP 1.2, Repeated Header Entries). */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** What is wrong with what a peer sent. */
export interface StompViolation {
  readonly type: 'violation';
  readonly code: StompViolationCode;
  /** For people. */
  readonly message: string;
  /** What the frame asked to be told of, if that was read before. */
  readonly receipt: string | null;
}

/** Stable names of what is wrong with a frame. */
export type StompViolationCode =
  /** The frame is none: no command, a header without a colon, no NUL at its end. */
  | 'ERR_STOMP_MALFORMED_FRAME'
  /** A header has an escape that its version does not know, or is not UTF-8. */
  | 'ERR_STOMP_INVALID_HEADER'
  | 'ERR_STOMP_INVALID_CONTENT_LENGTH'
  /** Frames with this command have no body. */
  | 'ERR_STOMP_UNEXPECTED_BODY'
  | 'ERR_STOMP_FRAME_TOO_LARGE'
  | 'ERR_STOMP_TOO_MANY_HEADERS'
  | 'ERR_STOMP_HEADER_TOO_LONG';

/** The newest version that both sides speak; null when there is none. @param accepted the header `accept-version` */
export function negotiateVersion(accepted: string | undefined): StompVersion | null {
  if (accepted === undefined) return '1.0';
  const offered = new Set(accepted.split(',').map((version) => version.trim()));
  return stompVersions.findLast((version) => offered.has(version)) ?? null;
}

/** How often each side is heard, as one of them says it; null when the header is no such. In milliseconds, 0 for never. */
export function parseHeartBeat(
  value: string | undefined,
): { readonly sendMs: number; readonly receiveMs: number } | null {
  if (value === undefined) return { sendMs: 0, receiveMs: 0 };
  const [, sends, receives] = /^\s*(\d{1,15})\s*,\s*(\d{1,15})\s*$/.exec(value) ?? [];
  if (sends === undefined || receives === undefined) return null;
  return { sendMs: Number(sends), receiveMs: Number(receives) };
}

/** How often one side is heard by the other; 0 for never (STOMP 1.2, Heart-beating). */
export function agreeHeartBeat(canSendMs: number, wantsMs: number): number {
  return canSendMs === 0 || wantsMs === 0 ? 0 : Math.max(canSendMs, wantsMs);
}
