import { Buffer } from 'node:buffer';

import { describe, expect, it } from 'vitest';

import { createKey, isKey } from './accept-key.js';
import { checkOpeningResponse, createOpeningRequest } from './client-handshake.js';
import { formatExtensionList, parseExtensionList } from './extension-list.js';
import { type HeadDecoder, type HeadStep, requestDecoder, responseDecoder } from './head-decoder.js';
import { HeaderFields } from './header-fields.js';
import { hasToken, isFieldValue, isToken, parseTokenList } from './http-grammar.js';
import { isSameOrigin } from './origin.js';
import { formatRefusal } from './refusal.js';
import { checkOpeningRequest, formatSwitchingProtocols } from './server-handshake.js';
import { checkSubprotocols, parseSubprotocols } from './subprotocols.js';
import { parseWebSocketUri } from './websocket-uri.js';

/** Numbers that look random and are the same in every run (xorshift32). */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** One of the seeds with up to four wounds: pieces inserted, cut out, doubled, bytes replaced. */
function mutate(random: Random, seeds: readonly string[], pieces: readonly string[]): string {
  let text = random.pick(seeds);
  for (let wounds = random.below(5); wounds > 0; wounds--) {
    const at = random.below(text.length + 1);
    const end = Math.min(text.length, at + random.below(8));
    const inserted = random.pick([
      random.pick(pieces),
      String.fromCharCode(random.below(256)),
      text.slice(at, end),
      text.slice(at, end).repeat(2),
      '',
    ]);
    text = text.slice(0, at) + inserted + text.slice(random.below(2) === 0 ? at : end);
  }
  return text;
}

function repeat(seed: number, runs: number, body: (random: Random) => void): void {
  const random = new Random(seed);
  for (let run = 0; run < runs; run++) body(random);
}

/** Compared by hand: a matcher for each of so many cases would take most of the time. */
function demand(holds: boolean, what: string, input: unknown): void {
  if (!holds) expect.fail(`${what}: ${JSON.stringify(input)}`);
}

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const uri = parseWebSocketUri('ws://a.example/chat?b');
const extensions = [{ name: 'a', params: [['b', '1'] as const] }];
const opening = createOpeningRequest({
  uri,
  key,
  subprotocols: ['chat', 'x'],
  extensions,
  origin: 'http://a',
});
const response = formatSwitchingProtocols(
  { key, subprotocols: ['chat'], extensions },
  { subprotocol: 'chat', extensions },
);
const frame = '\x81\x05Hello';
const requests = [opening.text, opening.text + frame];
const responses = [response, response + frame, response.replace('101', '302')];
const separators = [
  '\r\n',
  '\r',
  '\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '=',
  '"',
  '\\',
  '/',
  '\u00e9',
  '__proto__',
];
const headPieces = [
  ...separators,
  '\r\n\r\n',
  '\r\n ',
  'Host: a\r\n',
  'Upgrade: h2c\r\n',
  'Content-Length: 1\r\n',
  'HTTP/1.0',
];

function receiveAll<Line>(decoder: HeadDecoder<Line>, chunks: Iterable<Uint8Array>): HeadStep<Line> {
  let step: HeadStep<Line> = { type: 'incomplete' };
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (step.type === 'head') rest.push(chunk);
    else step = decoder.receive(chunk);
    if (step.type === 'head' && rest.length === 0) rest.push(step.rest);
  }
  return step.type === 'head' ? { ...step, rest: Buffer.concat(rest) } : step;
}

function* cut(random: Random, bytes: Uint8Array): Iterable<Uint8Array> {
  const longest = random.pick([1, 3, 20, 200]);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(longest);
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** Everything in a verdict, as one text. */
function describeStep(step: HeadStep<object>): string {
  if (step.type !== 'head') return JSON.stringify(step);
  const { headers, ...line } = step.head;
  return JSON.stringify([line, [...headers], Buffer.from(step.rest).toString('latin1')]);
}

function checkHead<Line extends object>(
  random: Random,
  create: () => HeadDecoder<Line>,
  seeds: readonly string[],
): HeadStep<Line> {
  const text = mutate(random, seeds, headPieces);
  const bytes = Buffer.from(text, 'latin1');
  const whole = receiveAll(create(), [bytes]);
  const pieces = receiveAll(create(), cut(random, bytes));
  demand(describeStep(whole) === describeStep(pieces), 'the verdict depends on the chunks', text);
  if (whole.type === 'head') {
    for (const [name, value] of whole.head.headers) {
      demand(isToken(name) && isFieldValue(value), 'a field breaks its grammar', text);
    }
    demand(text.endsWith(`\r\n\r\n${Buffer.from(whole.rest).toString('latin1')}`), 'the rest is wrong', text);
  }
  return whole;
}

describe('mutated input', () => {
  it('gets one verdict as a request head, however it is cut', () => {
    const seen = new Set<string | number>();
    const limits = { maxHeaderBytes: opening.text.length + 24, maxHeaders: 10 };
    repeat(1, 60_000, (random) => {
      const step = checkHead(random, () => requestDecoder(limits), requests);
      seen.add(step.type === 'invalid' ? step.status : step.type);
      if (step.type !== 'head') return;
      const checked = checkOpeningRequest(step.head);
      seen.add(checked.type === 'refused' ? `refused ${checked.refusal.status}` : checked.type);
      if (checked.type === 'opening') formatSwitchingProtocols(checked.request);
      else formatRefusal(checked.refusal);
    });
    for (const verdict of [
      'head',
      'incomplete',
      400,
      431,
      'opening',
      'refused 400',
      'refused 413',
      'refused 426',
    ]) {
      expect(seen).toContain(verdict);
    }
  });

  it('gets one verdict as a response head, however it is cut', () => {
    const seen = new Set<string>();
    repeat(2, 40_000, (random) => {
      const step = checkHead(random, () => responseDecoder(), responses);
      if (step.type !== 'head') return;
      const checked = checkOpeningResponse(step.head, opening.expectation);
      seen.add(checked.type === 'invalid' ? checked.code : checked.type);
      if (checked.type !== 'accepted') return;
      demand([undefined, 'chat', 'x'].includes(checked.subprotocol), 'not offered', step.head.headers);
      demand(
        checked.extensions.every(({ name }) => name === 'a'),
        'not offered',
        step.head.headers,
      );
    });
    for (const verdict of ['accepted', 'refused', 'ERR_WS_HANDSHAKE_ACCEPT', 'ERR_WS_HANDSHAKE_EXTENSIONS']) {
      expect(seen).toContain(verdict);
    }
  });

  it('is an extension list that survives being written again, or none', () => {
    const seeds = [
      'foo, bar; baz=2',
      'a;b="c";d',
      'permessage-deflate; client_max_window_bits=15, x',
      'constructor;a="\\b"',
    ];
    const verdicts = { list: 0, malformed: 0 };
    repeat(3, 120_000, (random) => {
      const text = mutate(random, seeds, separators);
      const list = parseExtensionList([text]);
      verdicts[list === null ? 'malformed' : 'list']++;
      demand((list !== null) === isExtensionList(text), 'another reading of the grammar differs', text);
      if (list === null) return;
      const again = parseExtensionList([formatExtensionList(list)]);
      demand(JSON.stringify(again) === JSON.stringify(list), 'changes when written again', text);
    });
    expect(Math.min(verdicts.list, verdicts.malformed)).toBeGreaterThan(10_000);
  });

  it('is a list of subprotocols that could be offered again, or none', () => {
    const seeds = ['chat, superchat', 'v10.stomp,v11.stomp,v12.stomp', 'a', '__proto__, a, b'];
    repeat(4, 100_000, (random) => {
      const text = mutate(random, seeds, separators);
      const list = parseSubprotocols([text]);
      if (list === null) return;
      checkSubprotocols(list);
      demand(String(parseSubprotocols(list)) === String(list), 'changes over several lines', text);
      demand(list.length > 0 && list.every((name) => text.includes(name)), 'has other names', text);
    });
  });

  it('has a token exactly when the list of its tokens has it', () => {
    const seeds = ['keep-alive, Upgrade', 'upgrade', 'HTTP/2.0, websocket', ', ,upgrade'];
    repeat(5, 120_000, (random) => {
      const text = mutate(random, seeds, separators);
      const list = parseTokenList([text]);
      const found = hasToken([text], 'Upgrade');
      if (list !== null) {
        demand(found === list.some((name) => name.toLowerCase() === 'upgrade'), 'the answers differ', text);
      }
      const lines = text.split(',');
      demand(hasToken(lines, 'Upgrade') === found, 'lines and commas differ', text);
      demand(String(parseTokenList(lines)) === String(list), 'lines and commas differ', text);
    });
  });

  it('is a key only when 16 bytes are written just so', () => {
    const pieces = [...separators, '=', '==', 'A', 'Q', 'g', 'w', '+', '-', '_'];
    repeat(6, 60_000, (random) => {
      const text = mutate(random, [key, 'AQIDBAUGBwgJCgsMDQ4PEA=='], pieces);
      const bytes = Buffer.from(text, 'base64');
      demand(isKey(text) === (bytes.length === 16 && createKey(bytes) === text), 'the answers differ', text);
    });
  });

  it('is the same origin only when a browser would write that of the host so', () => {
    const seeds = [
      'http://a.example',
      'https://a.example:8443',
      'http://[::1]:80',
      'null',
      'http://127.0.0.1',
    ];
    const pieces = [...separators, '@', '//', '#', '?', ':80', 'http://', '[', ']', '%41', '.'];
    let same = 0;
    repeat(7, 60_000, (random) => {
      const origin = mutate(random, seeds, pieces);
      const host = mutate(random, seeds, pieces).replace(/^https?:\/\//, '');
      for (const secure of [false, true]) {
        if (!isSameOrigin(origin, host, secure)) continue;
        same++;
        const scheme = secure ? 'https:' : 'http:';
        demand(new URL(origin).origin === new URL(`${scheme}//${host}`).origin, 'differs from URL', [
          origin,
          host,
        ]);
        demand(isSameOrigin(`${scheme}//${host}`, host, secure), 'a host is not its own origin', [
          origin,
          host,
        ]);
      }
    });
    expect(same).toBeGreaterThan(500);
  });

  it('is checked as header fields under any names', () => {
    const names = [
      'Host',
      'Upgrade',
      'Connection',
      'Sec-WebSocket-Key',
      'Sec-WebSocket-Version',
      '__proto__',
      'Origin',
    ];
    repeat(8, 20_000, (random) => {
      const raw = Array.from({ length: random.below(20) }, () => mutate(random, names, separators));
      const headers = HeaderFields.fromRaw(raw);
      const { length } = [...headers];
      demand(headers.size === length, 'the size is wrong', raw);
      for (const [name] of headers) demand(headers.getAll(name).length > 0, 'a field is lost', raw);
      const checked = checkOpeningRequest({ method: 'GET', target: raw[0] ?? '', version: '1.1', headers });
      demand(checked.type === 'refused', 'accepted', raw);
    });
  });
});

/** The grammar of RFC 6455 §9.1 read once more, character by character: quotes first, separators after. */
function isExtensionList(text: string): boolean {
  const words = text.match(/[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\]|\\[\s\S])*"|[ \t]+|[\s\S]/g) ?? [];
  const kinds = words.filter((word) => !/^[ \t]/.test(word)).map(kindOf);
  return /^,*t(?:;t(?:=[tq])?)*(?:,+(?:t(?:;t(?:=[tq])?)*)?)*$/.test(kinds.join(''));
}

function kindOf(word: string): string {
  if (word === ',' || word === ';' || word === '=') return word;
  if (isToken(word)) return 't';
  const content = word.slice(1, -1).replace(/\\([\s\S])/g, '$1');
  return word.length > 1 && isToken(content) ? 'q' : 'x';
}
