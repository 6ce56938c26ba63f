/** One extension of a Sec-WebSocket-Extensions field. */
export interface ExtensionItem {
  readonly name: string;
  readonly params: readonly ExtensionParameter[];
}

export interface ExtensionParameter {
  readonly name: string;
  /** Null when there is none. */
  readonly value: string | null;
}

/** The extensions of all field lines, in their order (RFC 6455 §9.1); null when they are malformed. */
export function parseExtensionItems(values: readonly string[]): ExtensionItem[] | null {
  const parts = values.flatMap((value) => value.split(',')).filter((part) => part.trim() !== '');
  const items = parts.map(parseItem);
  return items.includes(null) ? null : (items as ExtensionItem[]);
}

/** A quoted value has to be a token when its quotes are gone, so that no comma or semicolon stands in one. */
function parseItem(text: string): ExtensionItem | null {
  const [name = '', ...params] = text.split(';').map((part) => part.trim());
  const parsed = params.map(parseParameter);
  if (!token.test(name) || parsed.includes(null)) return null;
  return { name, params: parsed as ExtensionParameter[] };
}

function parseParameter(text: string): ExtensionParameter | null {
  const [, name, given] = parameter.exec(text) ?? [];
  if (name === undefined) return null;
  if (given === undefined) return { name, value: null };
  const value = given.startsWith('"') ? given.slice(1, -1).replace(/\\(.)/g, '$1') : given;
  return token.test(value) ? { name, value } : null;
}

const token = /^[!#$%&'*+\-.^_`|~\w]+$/;
const parameter = /^([!#$%&'*+\-.^_`|~\w]+)(?:[ \t]*=[ \t]*([!#$%&'*+\-.^_`|~\w]+|"(?:[^"\\]|\\.)*"))?$/;
