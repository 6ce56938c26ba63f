import { Buffer } from 'node:buffer';
import { CloseCode, isWireCloseCode } from './close-code.js';
import { UsageError } from './errors.js';
import { isValidUtf8 } from './utf8.js';
import { type Violation, violation } from './violation.js';

/** What a Close frame says. */
export interface Close {
  /** 1005 when the frame had no code (RFC 6455 §7.1.5). */
  readonly code: number;
  readonly reason: string;
}

/** Reads the payload of a Close frame (RFC 6455 §5.5.1), or names the rule it breaks. */
export function decodeClose(payload: Uint8Array): Close | Violation {
  if (payload.length === 0) return { code: CloseCode.NoStatusReceived, reason: '' };
  if (payload.length === 1) return violation('ERR_WS_CLOSE_PAYLOAD_LENGTH');
  const code = ((payload[0] as number) << 8) | (payload[1] as number);
  if (!isWireCloseCode(code)) return violation('ERR_WS_CLOSE_CODE');
  if (payload.length === 2) return { code, reason: '' };
  const reason = Buffer.from(payload.buffer, payload.byteOffset + 2, payload.byteLength - 2);
  if (!isValidUtf8(reason)) return violation('ERR_WS_CLOSE_REASON_UTF8');
  return { code, reason: reason.toString('utf8') };
}

export function isClose(value: Close | Violation): value is Close {
  return !('closeCode' in value);
}

/** The payload of a Close frame; 1005 gives an empty one. */
export function encodeClose(close: Close): Uint8Array {
  if (close.code === CloseCode.NoStatusReceived) return Buffer.alloc(0);
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(close.reason, 'utf8'));
  payload.writeUInt16BE(close.code, 0);
  if (payload.length > 2) payload.write(close.reason, 2, 'utf8');
  return payload;
}

/**
 * Makes a `Close` from what a caller asked for.
 *
 * @param code 1000–1003, 1007–1014 or 3000–4999; left out, the Close frame has no body and `reason` must be empty
 * @param reason at most 123 bytes of UTF-8
 * @throws UsageError `ERR_WS_INVALID_CLOSE_CODE`, `ERR_WS_INVALID_CLOSE_REASON`
 */
export function checkClose(code: number | undefined, reason: string | undefined): Close {
  if (reason !== undefined && typeof reason !== 'string') {
    throw new UsageError('ERR_WS_INVALID_CLOSE_REASON', `a close reason is a string, not ${typeof reason}`);
  }
  if (code === undefined) {
    if (reason) throw new UsageError('ERR_WS_INVALID_CLOSE_REASON', 'a close reason needs a close code');
    return { code: CloseCode.NoStatusReceived, reason: '' };
  }
  if (typeof code !== 'number' || !Number.isInteger(code) || !isWireCloseCode(code)) {
    throw new UsageError(
      'ERR_WS_INVALID_CLOSE_CODE',
      `a Close frame cannot carry the code ${String(code)}: use 1000–1003, 1007–1014 or 3000–4999`,
    );
  }
  const byteLength = Buffer.byteLength(reason ?? '');
  if (byteLength > maxReasonBytes) {
    throw new UsageError(
      'ERR_WS_INVALID_CLOSE_REASON',
      `a close reason has at most ${maxReasonBytes} bytes of UTF-8, this one has ${byteLength}`,
    );
  }
  return { code, reason: reason ?? '' };
}

/** A control frame's 125 bytes less the code's two. */
const maxReasonBytes = 123;
