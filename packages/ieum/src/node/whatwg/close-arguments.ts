import { type Close, checkClose } from '../../core/close.js';
import { CloseCode } from '../../core/close-code.js';

/**
 * The Close frame that an application asked for, by the rules for web pages: the code is 1000 or 3000–4999, a reason
 * without a code means 1000, and neither of them an empty frame.
 *
 * @throws DOMException `InvalidAccessError` for another code, `SyntaxError` for a reason of more than 123 bytes
 */
export function checkCloseArguments(code: number | undefined, reason: string): Close {
  if (code !== undefined && code !== CloseCode.NormalClosure && !(code >= 3000 && code <= 4999)) {
    throw new DOMException(`the close code is 1000 or 3000 to 4999, not ${code}`, 'InvalidAccessError');
  }
  if (Buffer.byteLength(reason) > maxReasonBytes) {
    throw new DOMException(`the reason has more than ${maxReasonBytes} bytes of UTF-8`, 'SyntaxError');
  }
  if (code === undefined && reason === '') return checkClose(undefined, undefined);
  return checkClose(code ?? CloseCode.NormalClosure, reason);
}

/** Web IDL's `[Clamp] unsigned short`. */
export function clampToUnsignedShort(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), 0xffff);
  const floor = Math.floor(clamped);
  const isUp = clamped - floor > 0.5 || (clamped - floor === 0.5 && floor % 2 === 1);
  return isUp ? floor + 1 : floor;
}

/** Web IDL's `[EnforceRange] unsigned short`. @throws TypeError */
export function enforceUnsignedShort(name: string, value: unknown): number {
  const number = Math.trunc(Number(value));
  if (number >= 0 && number <= 0xffff) return number + 0;
  throw new TypeError(`${name} is an integer from 0 to 65535, not ${String(value)}`);
}

/** Web IDL's conversion of a dictionary: undefined and null are an empty one. @throws TypeError */
export function toDictionary(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' || typeof value === 'function') return value as Record<string, unknown>;
  throw new TypeError(`${name} is an object, not a ${typeof value}`);
}

/** RFC 6455 §5.5: a control frame's 125 bytes less the code's two. */
const maxReasonBytes = 123;
