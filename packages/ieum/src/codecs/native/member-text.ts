/**
 * The text of an object's member as its sender wrote it, without the whitespace around it. Of several with the same name the
 * last one, as `JSON.parse` has it.
 *
 * @param json the text of a JSON object that was parsed already, and that has the member
 */
export function memberText(json: string, name: string): string {
  let found = '';
  let at = skipSpace(json, json.indexOf('{') + 1);
  while (at < json.length && json.charCodeAt(at) !== closingBrace) {
    const nameEnd = endOfString(json, at);
    const colon = skipSpace(json, nameEnd);
    const start = skipSpace(json, colon + 1);
    const end = endOfValue(json, start);
    if (isNamed(json.slice(at, nameEnd), name)) found = json.slice(start, end);
    at = skipSpace(json, end);
    if (json.charCodeAt(at) === comma) at = skipSpace(json, at + 1);
  }
  return found;
}

function isNamed(quoted: string, name: string): boolean {
  return quoted === `"${name}"` || (quoted.includes('\\') && JSON.parse(quoted) === name);
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (isSpace(json.charCodeAt(at))) at++;
  return at;
}

function isSpace(character: number): boolean {
  return character === 0x20 || character === 0x0a || character === 0x0d || character === 0x09;
}

/** @param from where its first quotation mark is */
function endOfString(json: string, from: number): number {
  for (let at = from + 1; at < json.length; at++) {
    const character = json.charCodeAt(at);
    if (character === quote) return at + 1;
    if (character === backslash) at++;
  }
  return json.length;
}

function endOfValue(json: string, from: number): number {
  const first = json.charCodeAt(from);
  if (first === quote) return endOfString(json, from);
  if (first === openingBrace || first === openingBracket) return endOfNested(json, from);
  let at = from;
  while (at < json.length && !isDelimiter(json.charCodeAt(at))) at++;
  return at;
}

function endOfNested(json: string, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; ) {
    const character = json.charCodeAt(at);
    if (character === quote) {
      at = endOfString(json, at);
      continue;
    }
    if (character === openingBrace || character === openingBracket) depth++;
    if (character === closingBrace || character === closingBracket) depth--;
    at++;
    if (depth === 0) return at;
  }
  return json.length;
}

function isDelimiter(character: number): boolean {
  return character === comma || character === closingBrace || isSpace(character);
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openingBrace = 0x7b;
const closingBrace = 0x7d;
const openingBracket = 0x5b;
const closingBracket = 0x5d;
