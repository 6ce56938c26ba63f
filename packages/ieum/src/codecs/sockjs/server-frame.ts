/** Tells a client that its session is open: the first frame. */
export const openFrame = 'o';
/** Keeps what stands between client and server from taking the connection for dead. */
export const heartbeatFrame = 'h';

/**
 * A message as a string of JSON that survives every browser and every transport. What some of them change or refuse is
 * escaped: control characters, halves of surrogate pairs, and the format characters and specials that SockJS names.
 */
export function quoteMessage(text: string): string {
  const quoted = JSON.stringify(text);
  return escapable.test(quoted) ? quoted.replace(everyEscapable, escapeUnit) : quoted;
}

/** A frame of messages that were quoted. */
export function encodeMessages(quoted: readonly string[]): string {
  return `a[${quoted.join(',')}]`;
}

/** The frame that ends a session; a client that asks again gets it again. */
export function encodeClose(code: number, reason: string): string {
  return `c[${code},${quoteMessage(reason)}]`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** JSON has escaped U+0000 to U+001F and lone surrogates already. */
const escapable = /[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufff0-\uffff]/;
const everyEscapable = new RegExp(escapable.source, 'g');
