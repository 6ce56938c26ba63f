/** How deep arrays and objects of a JSON text lie in one another; some depth above `limit` as soon as it is above that. */
export function nestingOf(json: string, limit: number): number {
  if (json.length <= limit * 2) return 0;
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === quote) i = stringEnd(json, i);
    else if (code === openBracket || code === openBrace) deepest = Math.max(deepest, ++depth);
    else if (code === closeBracket || code === closeBrace) depth--;
    if (deepest > limit) return deepest;
  }
  return deepest;
}

/** Where the string ends that begins at `start`. */
function stringEnd(json: string, start: number): number {
  for (let i = start + 1; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === backslash) i++;
    else if (code === quote) return i;
  }
  return json.length;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
