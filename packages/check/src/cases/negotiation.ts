import type { Case } from '../case.js';
import type { ResponseHead } from '../opening/head.js';
import type { OpeningChanges } from '../opening/opening-changes.js';
import type { Wire } from '../wire/wire.js';

import { parseExtensionItems } from './extension-items.js';
import { greeting, type OpeningRow, requestCases, responseCases } from './opening-outcome.js';

const subprotocolRows: readonly OpeningRow[] = [
  protocol('unknown', 'a subprotocol that nobody knows', 'either', 'x-unknown'),
  protocol('several', 'three subprotocols', 'either', 'x-one, x-two, x-three'),
  protocol('two-fields', 'two fields of subprotocols', 'either', ['x-one', 'x-two, x-three']),
  protocol('no-spaces', 'subprotocols without spaces between', 'either', 'x-one,x-two'),
  protocol('tabs', 'subprotocols with tabs between', 'either', 'x-one\t,\tx-two'),
  protocol('twice', 'the same subprotocol twice', 'either', 'x-one, x-one'),
  protocol('other-case', 'two subprotocols that differ in case', 'either', 'Chat, chat'),
  protocol(
    'all-characters',
    'a subprotocol of all characters that may be in one',
    'either',
    "!#$%&'*+-.^_`|~0aZ",
  ),
  protocol(
    'prototype',
    'subprotocols named as parts of JavaScript objects',
    'either',
    'constructor, __proto__',
  ),
  protocol('empty', 'an empty Sec-WebSocket-Protocol', 'either', ''),
  protocol('empty-member', 'an empty member among subprotocols', 'either', 'x-one,,x-two'),
  protocol('only-commas', 'nothing but commas as subprotocols', 'either', ',,,'),
  protocol('space-within', 'a subprotocol with a space in it', 'either', 'x one'),
  protocol('quoted', 'a subprotocol in quotes', 'either', '"x-one"'),
  protocol('separators', 'a subprotocol with separators in it', 'either', 'x/one; q=1'),
  protocol('non-ascii', 'a subprotocol beyond ASCII', 'either', 'caf\u00e9'),
  protocol('4-kib', 'a subprotocol of 4 KiB', 'either', 'x'.repeat(4_096)),
  protocol(
    '500',
    '500 subprotocols',
    'either',
    Array.from({ length: 500 }, (_, index) => `x-${index}`).join(','),
  ),
];

const extensionRows: readonly OpeningRow[] = [
  extension('unknown', 'an extension that nobody knows', 'accepted', 'x-unknown'),
  extension(
    'unknown-parameters',
    'an unknown extension with parameters',
    'accepted',
    'x-unknown; a; b=1; c="d"',
  ),
  extension('several', 'three unknown extensions', 'accepted', 'x-one, x-two; a=1, x-three'),
  extension('two-fields', 'two fields of unknown extensions', 'accepted', [
    'x-one; a',
    'x-two; b=2, x-three',
  ]),
  extension('same-twice', 'the same unknown extension twice', 'accepted', 'x-one; a=1, x-one; a=2'),
  extension(
    'prototype',
    'extensions named as parts of JavaScript objects',
    'accepted',
    'constructor, __proto__; toString=1',
  ),
  extension('tabs', 'an unknown extension with tabs', 'accepted', 'x-one\t;\ta=1'),
  extension('spaces-around-equals', 'spaces around an equals sign', 'accepted', 'x-one; a = 1'),
  extension('escaped', 'an unknown extension with an escaped value in quotes', 'accepted', 'x-one; a="b\\c"'),
  extension(
    '100',
    '100 unknown extensions',
    'accepted',
    Array.from({ length: 100 }, (_, index) => `x-${index}`).join(', '),
  ),
  extension(
    '2-kib-parameter',
    'an unknown extension with a parameter of 2 KiB',
    'accepted',
    `x-one; a=${'b'.repeat(2_048)}`,
  ),
  extension('empty', 'an empty Sec-WebSocket-Extensions', 'either', ''),
  extension('only-commas', 'nothing but commas as extensions', 'either', ', ,'),
  extension('no-name', 'parameters of no extension', 'either', '; a=1'),
  extension('empty-parameter', 'an empty parameter', 'either', 'x-one;; a'),
  extension('no-parameter-name', 'a parameter without a name', 'either', 'x-one; =1'),
  extension('no-value', 'a parameter with an equals sign and no value', 'either', 'x-one; a='),
  extension('open-quote', 'a quote that is not closed', 'either', 'x-one; a="b'),
  extension('space-in-quotes', 'a space in quotes', 'either', 'x-one; a="b c"'),
  extension('space-within', 'a space in the name', 'either', 'x one'),
  extension('non-ascii', 'an extension beyond ASCII', 'either', 'caf\u00e9'),
  extension('quotes-7-kib', '7 KiB of backslashes in quotes', 'either', `x-one; a="${'\\'.repeat(7_000)}`),
  extension('semicolons-7-kib', '7 KiB of semicolons', 'either', `x-one${';'.repeat(7_000)}`),
];

const answerRows: readonly OpeningRow[] = [
  answer('subprotocol-unasked', 'a subprotocol that was not asked for', 'refused', {
    'Sec-WebSocket-Protocol': 'x-unasked',
  }),
  answer('subprotocol-several', 'two subprotocols that were not asked for', 'refused', {
    'Sec-WebSocket-Protocol': 'x-one, x-two',
  }),
  answer('subprotocol-two-fields', 'two Sec-WebSocket-Protocol fields', 'refused', {
    'Sec-WebSocket-Protocol': ['x-one', 'x-two'],
  }),
  answer('subprotocol-empty', 'an empty Sec-WebSocket-Protocol', 'better-refused', {
    'Sec-WebSocket-Protocol': '',
  }),
  answer('extension-unasked', 'an extension that was not asked for', 'refused', {
    'Sec-WebSocket-Extensions': 'x-unasked',
  }),
  answer('extension-unasked-parameters', 'an extension with parameters that was not asked for', 'refused', {
    'Sec-WebSocket-Extensions': 'x-unasked; a=1; b="c"',
  }),
  answer('extension-unasked-second-field', 'two fields of extensions that were not asked for', 'refused', {
    'Sec-WebSocket-Extensions': ['x-unasked', 'x-unasked-too'],
  }),
  answer('extension-malformed', 'a malformed Sec-WebSocket-Extensions', 'refused', {
    'Sec-WebSocket-Extensions': ';;=, "',
  }),
  answer('extension-empty', 'an empty Sec-WebSocket-Extensions', 'either', {
    'Sec-WebSocket-Extensions': '',
  }),
  answer('version', 'a Sec-WebSocket-Version', 'better-accepted', { 'Sec-WebSocket-Version': '13' }),
];

const clientCases: readonly Case[] = [
  {
    ...about('subprotocol-first', 'the first subprotocol that the client asks for'),
    run: async (wire: Wire) => {
      const [name] = askedSubprotocols(wire.request.headers.getAll('Sec-WebSocket-Protocol'));
      if (name === undefined) wire.conclude('the client asks for no subprotocol');
      wire.sendOpening({ headers: { 'Sec-WebSocket-Protocol': name } });
      await wire.expectEcho('text', greeting.payload);
      await wire.expectCloseHandshake();
    },
  },
  {
    ...about('subprotocol-other-case', 'the subprotocol that the client asks for, in another case'),
    expects: 'the end of the connection',
    run: async (wire: Wire) => {
      const names = askedSubprotocols(wire.request.headers.getAll('Sec-WebSocket-Protocol'));
      const other = names.map((name) => name.toUpperCase()).find((name) => !names.includes(name));
      if (other === undefined) wire.conclude('the client asks for no subprotocol with small letters');
      wire.sendOpening({ headers: { 'Sec-WebSocket-Protocol': other }, body: wire.encodeFrame(greeting) });
      await wire.expectRefused();
    },
  },
  {
    ...about('offer-well-formed', 'a response that grants no extension'),
    clause: 'RFC 6455 §9.1',
    expects: 'a well-formed offer in the request, and messages without reserved bits',
    run: async (wire: Wire) => {
      const values = wire.request.headers.getAll('Sec-WebSocket-Extensions');
      if (parseExtensionItems(values) === null) {
        wire.fail(`Sec-WebSocket-Extensions is ${JSON.stringify(values)} (RFC 6455 §9.1)`);
      }
      wire.sendOpening();
      await wire.expectEcho('text', 'Hello, Hello, Hello, '.repeat(200));
      await wire.expectCloseHandshake();
    },
  },
];

/** Subprotocols and extensions: what servers are asked for, what clients are answered. */
export const negotiationCases: readonly Case[] = [
  ...requestCases('negotiation/subprotocols', subprotocolRows),
  ...requestCases('negotiation/extensions', extensionRows),
  ...responseCases('negotiation/answers', answerRows),
  ...clientCases,
];

function protocol(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  value: string | readonly string[],
): OpeningRow {
  const changes = { headers: { 'Sec-WebSocket-Protocol': value } };
  return { id, title, clause: 'RFC 6455 §4.2.2, §11.3.4', outcome, changes, over: ['http1', 'http2'] };
}

function extension(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  value: string | readonly string[],
): OpeningRow {
  const changes = { headers: { 'Sec-WebSocket-Extensions': value } };
  return {
    id,
    title,
    clause: 'RFC 6455 §9.1',
    outcome,
    changes,
    fault: grantFault,
    over: ['http1', 'http2'],
  };
}

/** Nobody knows these extensions, so nobody can grant them. */
function grantFault({ headers }: ResponseHead): string | null {
  const granted = headers.getAll('Sec-WebSocket-Extensions');
  return granted.length === 0 ? null : `extensions that nobody knows were granted: ${granted.join(', ')}`;
}

function answer(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  headers: NonNullable<OpeningChanges['headers']>,
): OpeningRow {
  return { id, title, clause: 'RFC 6455 §4.1', outcome, changes: { headers }, over: ['http1', 'http2'] };
}

function about(id: string, what: string): Omit<Case, 'run'> {
  return {
    id: `negotiation/answers/${id}`,
    title: what,
    clause: 'RFC 6455 §4.1',
    group: 'negotiation',
    judges: 'client',
    start: 'connected',
    sends: what,
    expects: 'an opened connection that echoes',
  };
}

function askedSubprotocols(values: readonly string[]): string[] {
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim());
  return names.filter((name) => name !== '');
}
