import type { Comparison, LikePart, SelectorTerm } from './selector-term.js';
import { readTokens, type SelectorToken } from './selector-tokens.js';

export interface InvalidSelector {
  readonly type: 'invalid';
  readonly message: string;
}

/** Reads a selector as a term; never throws. */
export function parseSelectorTerm(text: string): SelectorTerm | InvalidSelector {
  const tokens = readTokens(text);
  if (tokens === null)
    return { type: 'invalid', message: 'something in it is no word, number, string or sign' };
  const parser = new SelectorParser(tokens);
  const term = parser.readAll();
  return term ?? { type: 'invalid', message: parser.problem };
}

/** One function for each level of precedence; each gives null for what it cannot read. */
class SelectorParser {
  problem = 'it is no condition of SQL-92 over headers';
  readonly #tokens: readonly SelectorToken[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly SelectorToken[]) {
    this.#tokens = tokens;
  }

  readAll(): SelectorTerm | null {
    const term = this.#readOr();
    if (term === null || this.#at < this.#tokens.length) return null;
    return isCondition(term) ? term : null;
  }

  #readOr(): SelectorTerm | null {
    return this.#readChain('OR', () => this.#readChain('AND', () => this.#readNot()));
  }

  #readChain(word: 'AND' | 'OR', read: () => SelectorTerm | null): SelectorTerm | null {
    const terms: SelectorTerm[] = [];
    do {
      const term = read();
      if (term === null) return null;
      terms.push(term);
    } while (this.#takes(word));
    const [first] = terms;
    if (terms.length === 1) return first as SelectorTerm;
    return terms.every(isCondition) ? { type: word === 'AND' ? 'and' : 'or', terms } : null;
  }

  #readNot(): SelectorTerm | null {
    if (!this.#takes('NOT')) return this.#readComparison();
    const term = this.#deeper(() => this.#readNot());
    return term !== null && isCondition(term) ? { type: 'not', term } : null;
  }

  #readComparison(): SelectorTerm | null {
    const left = this.#readSum();
    if (left === null) return null;
    const operator = this.#peek();
    if (operator?.type === 'operator' && comparisons.has(operator.value)) {
      this.#at++;
      const right = this.#readSum();
      if (right === null) return null;
      return { type: 'compare', operator: operator.value as Comparison, terms: [left, right] };
    }
    if (this.#takes('IS')) return this.#readNull(left);
    const isNegated = this.#takes('NOT');
    const term = this.#readPredicate(left);
    if (term === undefined) return isNegated ? null : left;
    return term === null || !isNegated ? term : { type: 'not', term };
  }

  /** Undefined when there is none; null when it is wrong. */
  #readPredicate(left: SelectorTerm): SelectorTerm | null | undefined {
    if (this.#takes('BETWEEN')) return this.#readBetween(left);
    if (this.#takes('IN')) return this.#readIn(left);
    if (this.#takes('LIKE')) return this.#readLike(left);
    return undefined;
  }

  #readNull(left: SelectorTerm): SelectorTerm | null {
    const isNegated = this.#takes('NOT');
    if (left.type !== 'header' || !this.#takes('NULL')) return null;
    const term: SelectorTerm = { type: 'null', name: left.name };
    return isNegated ? { type: 'not', term } : term;
  }

  #readBetween(term: SelectorTerm): SelectorTerm | null {
    const low = this.#readSum();
    if (low === null || !this.#takes('AND')) return null;
    const high = this.#readSum();
    return high === null ? null : { type: 'between', terms: [term, low, high] };
  }

  #readIn(term: SelectorTerm): SelectorTerm | null {
    if (!this.#takes('(')) return null;
    const values: string[] = [];
    do {
      const value = this.#takeString();
      if (value === null) return null;
      values.push(value);
    } while (this.#takes(','));
    return this.#takes(')') ? { type: 'in', term, values } : null;
  }

  #readLike(term: SelectorTerm): SelectorTerm | null {
    const text = this.#takeString();
    if (text === null) return null;
    const escapeText = this.#takes('ESCAPE') ? this.#takeString() : '';
    if (escapeText === null) return null;
    const pattern = readPattern(text, escapeText);
    if (pattern === null) return this.#refuse('its pattern is none, or has more than 128 characters');
    return { type: 'like', term, pattern };
  }

  #readSum(): SelectorTerm | null {
    return this.#readCalculation(sums, () => this.#readCalculation(products, () => this.#readSigned()));
  }

  #readCalculation(
    operators: ReadonlyMap<string, '+' | '-' | '*' | '/'>,
    read: () => SelectorTerm | null,
  ): SelectorTerm | null {
    let term = read();
    let count = 0;
    while (term !== null) {
      const token = this.#peek();
      const operator = token?.type === 'operator' ? operators.get(token.value) : undefined;
      if (operator === undefined) return term;
      this.#at++;
      if (++count > maxDepth) return this.#refuse(tooDeep);
      const right = read();
      if (right === null) return null;
      term = { type: 'calculate', operator, terms: [term, right] };
    }
    return null;
  }

  #readSigned(): SelectorTerm | null {
    if (this.#takes('+')) return this.#deeper(() => this.#readSigned());
    if (!this.#takes('-')) return this.#readOperand();
    const term = this.#deeper(() => this.#readSigned());
    return term === null ? null : { type: 'minus', term };
  }

  #readOperand(): SelectorTerm | null {
    if (this.#takes('(')) {
      const term = this.#deeper(() => this.#readOr());
      return term !== null && this.#takes(')') ? term : null;
    }
    const token = this.#peek();
    if (token === undefined) return null;
    this.#at++;
    if (token.type === 'name') return { type: 'header', name: token.value };
    if (token.type === 'string' || token.type === 'number') return token;
    if (token.value === 'TRUE' || token.value === 'FALSE')
      return { type: 'boolean', value: token.value === 'TRUE' };
    return null;
  }

  #deeper(read: () => SelectorTerm | null): SelectorTerm | null {
    if (this.#depth >= maxDepth) return this.#refuse(tooDeep);
    this.#depth++;
    const term = read();
    this.#depth--;
    return term;
  }

  #refuse(problem: string): null {
    this.problem = problem;
    return null;
  }

  #peek(): SelectorToken | undefined {
    return this.#tokens[this.#at];
  }

  /** Whether a keyword or a sign comes next, which is then taken. */
  #takes(value: string): boolean {
    const token = this.#peek();
    if (token?.value !== value || (token.type !== 'keyword' && token.type !== 'operator')) return false;
    this.#at++;
    return true;
  }

  #takeString(): string | null {
    const token = this.#peek();
    if (token?.type !== 'string') return null;
    this.#at++;
    return token.value;
  }
}

/** Whether a term can be true. */
function isCondition({ type }: SelectorTerm): boolean {
  return type !== 'string' && type !== 'number' && type !== 'minus' && type !== 'calculate';
}

/** Null when the escape character is none, or has nothing to escape. */
function readPattern(text: string, escapeText: string): LikePart[] | null {
  const characters = [...text];
  if (characters.length > maxPatternLength || [...escapeText].length > 1) return null;
  const parts: LikePart[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    if (character === escapeText) {
      const escaped = characters[++i];
      if (escaped === undefined) return null;
      parts.push({ type: 'character', value: escaped });
    } else if (character === '%') {
      if (parts.at(-1)?.type !== 'many') parts.push({ type: 'many' });
    } else {
      parts.push(character === '_' ? { type: 'one' } : { type: 'character', value: character });
    }
  }
  return parts;
}

const maxDepth = 32;
const maxPatternLength = 128;
const tooDeep = `it is more than ${maxDepth} levels deep`;
const comparisons: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);
const sums: ReadonlyMap<string, '+' | '-'> = new Map([
  ['+', '+'],
  ['-', '-'],
]);
const products: ReadonlyMap<string, '*' | '/'> = new Map([
  ['*', '*'],
  ['/', '/'],
]);
