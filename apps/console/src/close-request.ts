import { utf8Bytes } from './payload.js';

/** What to put in the close frame; without a code its body is empty. */
export interface CloseRequest {
  readonly code: number | undefined;
  readonly reason: string;
}

export type CloseVerdict =
  | { readonly type: 'close'; readonly request: CloseRequest }
  | { readonly type: 'invalid'; readonly field: 'code' | 'reason'; readonly words: string };

/** Reads the code and reason fields by the rules of the browser's `close()`: 1000 or 3000–4999, reason ≤ 123 bytes. */
export function readCloseRequest(codeText: string, reason: string): CloseVerdict {
  const typed = codeText.trim();
  const code = typed === '' ? undefined : Number(typed);
  if (code !== undefined && !isAllowedCode(code)) {
    return { type: 'invalid', field: 'code', words: codeFault(code) };
  }
  const bytes = utf8Bytes(reason);
  if (bytes > MAX_REASON_BYTES) {
    const words = `The reason is ${bytes} bytes in UTF-8; a close frame has room for ${MAX_REASON_BYTES}.`;
    return { type: 'invalid', field: 'reason', words };
  }
  if (code === undefined && reason !== '') {
    return { type: 'invalid', field: 'code', words: 'A reason needs a code before it, such as 1000.' };
  }
  return { type: 'close', request: { code, reason } };
}

function isAllowedCode(code: number): boolean {
  return Number.isInteger(code) && (code === 1000 || (code >= 3000 && code <= 4999));
}

function codeFault(code: number): string {
  if (Number.isInteger(code) && code > 1000 && code < 3000) {
    return `A page may not send ${code}: browsers keep 1001–2999 for themselves and the protocol. Use 1000 or 3000–4999.`;
  }
  return 'Use 1000, or 3000–4999, or leave the code empty.';
}

/** RFC 6455 §5.5: 125 bytes in a control frame, two of them the code. */
export const MAX_REASON_BYTES = 123;
