/**
 * Text of a peer, made safe for a terminal: control characters, escape sequences and characters that reorder the line
 * are written as `\x1b` or `\u202e`. Tabs stay; line feeds become `\n`.
 *
 * @param mark gives what was escaped a look of its own
 */
export function visible(text: string, mark: (escaped: string) => string = (escaped) => escaped): string {
  return text.replace(unsafe, (character) => mark(escapeCharacter(character)));
}

/** JSON whose text no terminal takes for a command either: `JSON.stringify` leaves DEL and the C1 controls in. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (character) => `\\u${hexCode(character).padStart(4, '0')}`);
}

function escapeCharacter(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  const code = hexCode(character);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}

function hexCode(character: string): string {
  return character.charCodeAt(0).toString(16);
}

/** C0 but the tab, DEL, C1, line separators, marks and overrides of direction, and the byte order mark. */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
]);
