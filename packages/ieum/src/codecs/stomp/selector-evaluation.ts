import type { Calculation, Comparison, LikePart, Pair, SelectorTerm } from './selector-term.js';
import { numberIn } from './selector-tokens.js';

/** Whether a term is true of these headers: neither false nor unknown. Always gives an answer. */
export function isTrue(term: SelectorTerm, headers: Headers): boolean {
  return truthOf(evaluate(term, headers)) === true;
}

type Headers = ReadonlyMap<string, string>;

/** Null is unknown, as in SQL-92. */
type Value = string | number | boolean | null;

function evaluate(term: SelectorTerm, headers: Headers): Value {
  switch (term.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return term.value;
    case 'header':
      return headers.get(term.name) ?? null;
    case 'null':
      return !headers.has(term.name);
    case 'and':
      return all(term.terms, headers, true);
    case 'or':
      return all(term.terms, headers, false);
    case 'not':
      return negated(truthOf(evaluate(term.term, headers)));
    case 'minus':
      return calculate('-', 0, numberOf(evaluate(term.term, headers)));
    case 'compare':
      return compare(term.operator, ...valuesOf(term.terms, headers));
    case 'calculate': {
      const [left, right] = valuesOf(term.terms, headers);
      return calculate(term.operator, numberOf(left), numberOf(right));
    }
    case 'between': {
      const [value, low, high] = term.terms.map((part) => evaluate(part, headers));
      return isBetween(value ?? null, low ?? null, high ?? null);
    }
    case 'in': {
      const value = evaluate(term.term, headers);
      return typeof value === 'string' ? term.values.includes(value) : null;
    }
    case 'like': {
      const value = evaluate(term.term, headers);
      return typeof value === 'string' ? isLike([...value], term.pattern) : null;
    }
  }
}

function valuesOf([left, right]: Pair, headers: Headers): [Value, Value] {
  return [evaluate(left, headers), evaluate(right, headers)];
}

/** AND (`decided` by the first that is false) and OR (by the first that is true) with three values. */
function all(terms: readonly SelectorTerm[], headers: Headers, isAnd: boolean): boolean | null {
  let outcome: boolean | null = isAnd;
  for (const term of terms) {
    const truth = truthOf(evaluate(term, headers));
    if (truth === !isAnd) return !isAnd;
    if (truth === null) outcome = null;
  }
  return outcome;
}

function compare(operator: Comparison, left: Value, right: Value): boolean | null {
  if (typeof left === 'number' || typeof right === 'number') {
    return compareNumbers(operator, numberOf(left), numberOf(right));
  }
  if (operator !== '=' && operator !== '<>') return compareNumbers(operator, numberOf(left), numberOf(right));
  const isBoolean = typeof left === 'boolean' || typeof right === 'boolean';
  const [one, other] = isBoolean ? [truthOf(left), truthOf(right)] : [left, right];
  if (one === null || other === null) return null;
  return (one === other) === (operator === '=');
}

function isBetween(value: Value, low: Value, high: Value): boolean | null {
  const [fromLow, toHigh] = [compare('>=', value, low), compare('<=', value, high)];
  if (fromLow === false || toHigh === false) return false;
  return fromLow === null || toHigh === null ? null : true;
}

function compareNumbers(operator: Comparison, left: number | null, right: number | null): boolean | null {
  if (left === null || right === null) return null;
  switch (operator) {
    case '=':
      return left === right;
    case '<>':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** Unknown where the result is no finite number, as after a division by zero. */
function calculate(operator: Calculation, left: number | null, right: number | null): number | null {
  if (left === null || right === null) return null;
  const result = calculations[operator](left, right);
  return Number.isFinite(result) ? result : null;
}

function numberOf(value: Value): number | null {
  if (typeof value === 'string') return numberIn(value);
  return typeof value === 'number' ? value : null;
}

function truthOf(value: Value): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'TRUE') return true;
  return value === 'false' || value === 'FALSE' ? false : null;
}

function negated(truth: boolean | null): boolean | null {
  return truth === null ? null : !truth;
}

/** Goes back to the last `%` only: at most as many steps as characters times parts. */
function isLike(text: readonly string[], pattern: readonly LikePart[]): boolean {
  let [at, part] = [0, 0];
  let back: { readonly part: number; at: number } | null = null;
  while (at < text.length) {
    const expected = pattern[part];
    if (expected?.type === 'many') {
      back = { part: ++part, at };
    } else if (expected !== undefined && isOne(expected, text[at])) {
      at++;
      part++;
    } else if (back !== null) {
      at = ++back.at;
      part = back.part;
    } else {
      return false;
    }
  }
  return pattern.slice(part).every(({ type }) => type === 'many');
}

function isOne(part: LikePart, character: string | undefined): boolean {
  return part.type === 'character' ? part.value === character : part.type === 'one';
}

const calculations: Readonly<Record<Calculation, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};
