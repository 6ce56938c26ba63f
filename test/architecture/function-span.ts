/** Where a function stands in its file. */
export interface FunctionSpan {
  /** The line of its head, counted from 1. */
  readonly line: number;
  /** From its head to its last line. */
  readonly lines: number;
  /** Whether the comment right above calls it a hot loop. */
  readonly isHotLoop: boolean;
}

/**
 * Every function, method and arrow function of more than one line. Only for text that the formatter wrote: a body ends
 * with the first closing line that is as far out as its head.
 */
export function functionSpans(text: string): FunctionSpan[] {
  const lines = text.split('\n');
  const spans = new Map<number, FunctionSpan>();
  for (const [at, line] of lines.entries()) {
    const head = headOf(lines, at);
    if (head === undefined) continue;
    const end = line.endsWith('=>') ? expressionEnd(lines, at) : blockEnd(lines, at);
    spans.set(head, { line: head + 1, lines: end - head + 1, isHotLoop: isHotLoop(lines, head) });
  }
  return [...spans.values()];
}

/** Where the function begins whose body is opened at the end of a line; undefined when no function's is. */
function headOf(lines: readonly string[], at: number): number | undefined {
  const line = lines[at] ?? '';
  if (comment.test(line)) return undefined;
  if (endOfHead.test(line)) {
    const head = beforeClosers(lines, at);
    return otherBlock.test(lines[head] ?? '') ? undefined : head;
  }
  if (functionOrArrow.test(line)) return at;
  return method.test(line) && !otherBlock.test(line) ? at : undefined;
}

/** The nearest line above that is as far out and closes nothing. */
function beforeClosers(lines: readonly string[], from: number): number {
  const indent = indentOf(lines[from] ?? '');
  let at = from - 1;
  while (at > 0 && (indentOf(lines[at] ?? '') !== indent || closer.test(lines[at] ?? ''))) at -= 1;
  return at;
}

function blockEnd(lines: readonly string[], from: number): number {
  const indent = indentOf(lines[from] ?? '');
  const end = lines.findIndex(
    (line, at) => at > from && indentOf(line) === indent && closer.test(line) && !endOfHead.test(line),
  );
  return end === -1 ? lines.length - 1 : end;
}

function expressionEnd(lines: readonly string[], from: number): number {
  const indent = indentOf(lines[from] ?? '');
  const next = lines.findIndex((line, at) => at > from && line !== '' && indentOf(line) <= indent);
  return (next === -1 ? lines.length : next) - 1;
}

function isHotLoop(lines: readonly string[], head: number): boolean {
  let at = head - 1;
  while (comment.test(lines[at] ?? '')) {
    if (/\bhot loop\b/i.test(lines[at] ?? '')) return true;
    at -= 1;
  }
  return false;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

const comment = /^\s*(?:\/\/|\/?\*)/;
const closer = /^\s*[)}\]]/;
const functionOrArrow = /(?:\bfunction\b.*\{|=>(?: [[({]+)?)$/;
const method =
  /^\s+(?:(?:static|async|override|private|protected|public|get|set) |\*)*[#\w$]+(?:<.*>)?\(.*\{$/;
/** The last line of a head that took several: `) {`, `): Promise<void> {`, `}: Props) => (`. */
const endOfHead = /^\s*(?:\)|\}(?:(?::| =) [^(]*\))?)(?::(?: .+)?)?(?: \{| =>(?: [[({]+)?)$/;
const otherBlock = /^\s*(?:if|for|while|switch|catch|try|do|with|class|interface|type|return|await|super)\b/;
