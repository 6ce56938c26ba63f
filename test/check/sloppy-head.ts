import type { Buffer } from 'node:buffer';

import type { Breaks } from './sloppy-switches.js';

/** A head of HTTP/1.1. */
export interface Head {
  readonly startLine: string;
  /** The values of all fields of that name, which is in lower case. */
  readonly all: (name: string) => readonly string[];
}

/** Null when it is malformed. */
export function parseHead(text: string, breaks: Breaks): Head | null {
  const [startLine = '', ...lines] = text.split('\r\n');
  const fields: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    const isName = token.test(breaks.has('accepts-spaced-names') ? name.trimEnd() : name);
    if (!(isName || breaks.has('accepts-bad-names')) || badValue.test(value)) return null;
    const known = breaks.has('names-case-sensitive') ? name : name.toLowerCase();
    fields.push([known, value]);
  }
  const spelled = (name: string): string =>
    breaks.has('names-case-sensitive') ? (spellings.get(name) ?? name) : name;
  return {
    startLine,
    all: (name) => fields.filter(([other]) => other === spelled(name)).map(([, value]) => value),
  };
}

/** Whether a line ends with LF alone, so that no more has to be waited for. */
export function hasBareLineFeed(bytes: Buffer): boolean {
  return /(?:^|[^\r])\n/.test(bytes.toString('latin1'));
}

/** The members of a list. */
export function tokens(values: readonly string[]): string[] {
  const members = values.flatMap((value) => value.split(',')).map((member) => member.trim());
  return members.filter((member) => member !== '');
}

const token = /^[!#$%&'*+\-.^_`|~\w]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what may not be in a value.
const badValue = /[\x00-\x08\x0a-\x1f\x7f]/;
const spellings: ReadonlyMap<string, string> = new Map(
  [
    'Host',
    'Upgrade',
    'Connection',
    'Content-Length',
    'Transfer-Encoding',
    'Sec-WebSocket-Key',
    'Sec-WebSocket-Version',
    'Sec-WebSocket-Accept',
    'Sec-WebSocket-Protocol',
    'Sec-WebSocket-Extensions',
  ].map((name) => [name.toLowerCase(), name]),
);
