/** The parameters of one element of a `Forwarded` field, by their lower-case names (RFC 7239 §4). */
export type ForwardedElement = ReadonlyMap<string, string>;

/**
 * The elements of all `Forwarded` fields of a request, the last one first. An element that breaks the grammar is null
 * and the last thing yielded: nothing left of it can be told apart.
 *
 * Reading from the right means that whatever a client wrote cannot change how the elements are read that proxies
 * appended to it, an opening quote without an end for instance. Takes time linear in what is read.
 */
export function* forwardedElements(
  lines: readonly string[],
): Generator<ForwardedElement | null, void, undefined> {
  for (const line of lines.toReversed()) {
    let end = line.length;
    while (end > 0) {
      const start = elementStart(line, end);
      const text = line.slice(Math.max(0, start), end);
      end = start - 1;
      if (start >= 0 && blank.test(text)) continue;
      const element = start < 0 ? null : parseElement(text);
      yield element;
      if (element === null) return;
    }
  }
}

/** Where the list element that ends before `end` starts, or -1 when a quoted string in it has no opening. */
function elementStart(line: string, end: number): number {
  for (let i = end - 1; i >= 0; i--) {
    const character = line[i];
    if (character === ',') return i + 1;
    if (character === '"') i = openingQuote(line, i);
    if (i < 0) return -1;
  }
  return 0;
}

function openingQuote(line: string, closing: number): number {
  for (let i = closing - 1; i >= 0; i--) {
    if (line[i] === '"' && !isEscaped(line, i)) return i;
  }
  return -1;
}

function isEscaped(line: string, index: number): boolean {
  let backslashes = 0;
  while (line[index - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

/** `[ forwarded-pair ] *( ";" [ forwarded-pair ] )`; no parameter may come twice (RFC 7239 §4). */
function parseElement(text: string): ForwardedElement | null {
  const parameters = new Map<string, string>();
  const pair = new RegExp(pairPattern);
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (match === null) return null;
    const [, name, token, quoted] = match;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) return null;
    parameters.set(key, token ?? (quoted ?? '').replace(quotedPair, '$1'));
  }
  return parameters;
}

const blank = /^[ \t]*$/;
const quotedPair = /\\(.)/g;
/** A forwarded-pair or nothing, then `;` or the end. Spaces around the semicolon are taken as RFC 9110 §5.6.6 has it. */
const pairPattern =
  /[ \t]*(?:([!#$%&'*+\-.^`|~\w]+)=(?:([!#$%&'*+\-.^`|~\w]+)|"([\t !#-[\]-~\x80-\xff]*(?:\\[\t -~\x80-\xff][\t !#-[\]-~\x80-\xff]*)*)")[ \t]*)?(?:;|$)/y;
