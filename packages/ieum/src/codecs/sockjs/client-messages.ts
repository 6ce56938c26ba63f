/** What a client sent, or why it is nothing: `broken` is no JSON, `unexpected` is JSON that is no list of strings. */
export type ClientMessages =
  | { readonly type: 'messages'; readonly messages: readonly string[] }
  | { readonly type: 'empty' }
  | { readonly type: 'broken' }
  | { readonly type: 'unexpected' };

/** What a client sends over WebSocket: a list of strings, or one string. An empty text is no message. Never throws. */
export function decodeText(text: string): ClientMessages {
  if (text === '') return { type: 'empty' };
  const value = parse(text);
  return typeof value === 'string' ? { type: 'messages', messages: [value] } : messagesOf(value);
}

/**
 * What a client sends over HTTP: a list of strings. In a form, as JSONP sends it, it is the field `d`; with every other
 * content type it is the whole body. Never throws.
 */
export function decodeBody(body: Uint8Array, contentType: string | undefined): ClientMessages {
  const text = decodeUtf8(body);
  if (text === null) return { type: 'broken' };
  const payload = isForm(contentType) ? (new URLSearchParams(text).get('d') ?? '') : text;
  return payload === '' ? { type: 'empty' } : messagesOf(parse(payload));
}

function messagesOf(value: unknown): ClientMessages {
  if (value === undefined) return { type: 'broken' };
  return isListOfStrings(value) ? { type: 'messages', messages: value } : { type: 'unexpected' };
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isForm(contentType = ''): boolean {
  const [mediaType = ''] = contentType.split(';', 1);
  return mediaType.trim().toLowerCase() === 'application/x-www-form-urlencoded';
}
