import type { Calculation, Comparison } from './selector-term.js';

export type SelectorToken =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'name'; readonly value: string }
  | { readonly type: 'keyword'; readonly value: string }
  | { readonly type: 'operator'; readonly value: Comparison | Calculation | '(' | ')' | ',' };

/** Cuts a selector into tokens; null when something in it is none. Reads each character once or twice. */
export function readTokens(text: string): SelectorToken[] | null {
  const tokens: SelectorToken[] = [];
  let at = 0;
  while (at < text.length) {
    if (isSpace(text.charAt(at))) {
      at++;
      continue;
    }
    const read = readToken(text, at);
    if (read === null) return null;
    tokens.push(read.token);
    at = read.end;
  }
  return tokens;
}

/** The number that a header says; null when it says none. */
export function numberIn(text: string): number | null {
  return text.length <= maxNumberLength && wholeNumber.test(text) ? Number(text) : null;
}

interface ReadToken {
  readonly token: SelectorToken;
  readonly end: number;
}

function readToken(text: string, at: number): ReadToken | null {
  const character = text.charAt(at);
  if (character === "'" || character === '"') return readQuoted(text, at);
  if (isDigit(character) || (character === '.' && isDigit(text.charAt(at + 1)))) return readNumber(text, at);
  if (isNameStart(character)) return readName(text, at);
  const double = text.slice(at, at + 2);
  if (double === '<>' || double === '<=' || double === '>=') return operator(double, at);
  return operators.has(character) ? operator(character as '=', at) : null;
}

/** A quote in quotes is written twice. */
function readQuoted(text: string, start: number): ReadToken | null {
  const quote = text.charAt(start);
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character !== quote) {
      value += character;
    } else if (text.charAt(at + 1) === quote) {
      value += quote;
      at++;
    } else if (quote === '"') {
      return value === '' ? null : { token: { type: 'name', value }, end: at + 1 };
    } else {
      return { token: { type: 'string', value }, end: at + 1 };
    }
  }
  return null;
}

function readNumber(text: string, start: number): ReadToken | null {
  let end = start;
  while (isNumberPart(text, end)) end++;
  const value = numberIn(text.slice(start, end));
  const isName = isNameStart(text.charAt(end));
  return value === null || isName ? null : { token: { type: 'number', value }, end };
}

function isNumberPart(text: string, at: number): boolean {
  const character = text.charAt(at);
  if (character === '+' || character === '-') return /e/i.test(text.charAt(at - 1));
  return isDigit(character) || character === '.' || character === 'e' || character === 'E';
}

function readName(text: string, start: number): ReadToken {
  let end = start;
  while (end < text.length && (isNameStart(text.charAt(end)) || isDigit(text.charAt(end)))) end++;
  const value = text.slice(start, end);
  const keyword = value.toUpperCase();
  const token = keywords.has(keyword)
    ? { type: 'keyword' as const, value: keyword }
    : { type: 'name' as const, value };
  return { token, end };
}

function operator(value: Extract<SelectorToken, { type: 'operator' }>['value'], at: number): ReadToken {
  return { token: { type: 'operator', value }, end: at + value.length };
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9' && character.length === 1;
}

function isNameStart(character: string): boolean {
  return nameStart.test(character);
}

const nameStart = /^[\p{L}_$]$/u;
/** Linear: no part of it can match what another one does. */
const wholeNumber = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const maxNumberLength = 64;
const operators: ReadonlySet<string> = new Set('=<>+-*/(),');
const keywords: ReadonlySet<string> = new Set([
  'AND',
  'OR',
  'NOT',
  'BETWEEN',
  'IN',
  'LIKE',
  'ESCAPE',
  'IS',
  'NULL',
  'TRUE',
  'FALSE',
]);
