import type { Close } from '../../core/close.js';
import { CloseCode } from '../../core/close-code.js';

import { checkCloseArguments, enforceUnsignedShort, toDictionary } from './close-arguments.js';
import { shapeAsInterface } from './web-interface.js';

/** What `WebSocketStream.close` and `WebSocketError` take, and how `WebSocketStream.closed` resolves. */
export interface WebSocketCloseInfo {
  readonly closeCode?: number | undefined;
  readonly reason?: string | undefined;
}

/** Why a `WebSocketStream` failed; given to `cancel` or `abort` of its streams, what the Close frame is to say. */
export class WebSocketError extends DOMException {
  readonly #closeCode: number | null;
  readonly #reason: string;

  /**
   * @param init a code of 1000 or 3000–4999, and a reason of at most 123 bytes; a reason alone means 1000
   * @throws DOMException `InvalidAccessError` for another code, `SyntaxError` for a longer reason
   */
  constructor(message = '', init: WebSocketCloseInfo = {}) {
    const observed = init instanceof ObservedEnd ? init : null;
    const options = { name: 'WebSocketError', ...(observed === null ? {} : { cause: observed.cause }) };
    super(`${message}`, options);
    if (observed !== null) {
      this.#closeCode = observed.closeCode ?? null;
      this.#reason = observed.reason;
      return;
    }
    const { code, reason } = readCloseInfo(init);
    this.#closeCode = code === CloseCode.NoStatusReceived ? null : code;
    this.#reason = reason;
  }

  get closeCode(): number | null {
    return this.#closeCode;
  }

  get reason(): string {
    return this.#reason;
  }
}

shapeAsInterface(WebSocketError);

/** An end that happened: its code may be any, or none when there never was a connection. */
export class ObservedEnd implements WebSocketCloseInfo {
  readonly closeCode: number | undefined;
  readonly reason: string;
  readonly cause: unknown;

  constructor(closeCode: number | undefined, reason: string, cause: unknown) {
    this.closeCode = closeCode;
    this.reason = reason;
    this.cause = cause;
  }
}

/** The Close frame that an application asked for. @throws DOMException, TypeError as Web IDL has it */
export function readCloseInfo(info: unknown): Close {
  const { closeCode, reason } = toDictionary('the close info', info);
  return checkCloseArguments(
    closeCode === undefined ? undefined : enforceUnsignedShort('closeCode', closeCode),
    reason === undefined ? '' : `${reason as string}`,
  );
}
