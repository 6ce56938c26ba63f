import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { DeflateCodec, rsv1 } from './deflate-codec.js';
import { answerFault, clientTerms, deflateName } from './deflate-terms.js';
import { type ExtensionItem, parseExtensionItems } from './extension-items.js';
import { isOpened } from './opening-outcome.js';

interface OfferRow {
  readonly id: string;
  /** The Sec-WebSocket-Extensions of the request, a text for each field. */
  readonly offer: string | readonly string[];
  readonly clause?: string;
  /** Which of the offers may be accepted, by their places in the list. Default the first. */
  readonly acceptable?: readonly number[];
  /** Whether the whole handshake may be refused: the field is malformed (RFC 6455 §9.1). */
  readonly malformed?: boolean;
}

const soundRows: readonly OfferRow[] = [
  { id: 'plain', offer: deflateName },
  { id: 'client-bits', offer: offerWith('client_max_window_bits') },
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((bits) => ({
    id: `client-bits-${bits}`,
    offer: offerWith(`client_max_window_bits=${bits}`),
  })),
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((bits) => ({
    id: `server-bits-${bits}`,
    offer: offerWith(`server_max_window_bits=${bits}`),
  })),
  { id: 'server-no-takeover', offer: offerWith('server_no_context_takeover') },
  { id: 'client-no-takeover', offer: offerWith('client_no_context_takeover') },
  { id: 'no-takeover', offer: offerWith('server_no_context_takeover; client_no_context_takeover') },
  {
    id: 'all',
    offer: offerWith(
      'client_no_context_takeover; server_no_context_takeover; client_max_window_bits=12; server_max_window_bits=11',
    ),
  },
  {
    id: 'other-order',
    offer: offerWith('server_max_window_bits=12; client_max_window_bits; server_no_context_takeover'),
  },
  { id: 'quoted-server-bits', offer: offerWith('server_max_window_bits="12"') },
  { id: 'quoted-client-bits', offer: offerWith('client_max_window_bits="12"') },
  {
    id: 'no-spaces',
    offer: offerWith('client_max_window_bits;server_max_window_bits=12').replace('; ', ';'),
  },
  { id: 'many-spaces', offer: `${deflateName} \t;\t client_max_window_bits` },
  { id: 'unknown-before', offer: `x-unknown; a=1, ${deflateName}`, acceptable: [1] },
  { id: 'unknown-behind', offer: `${deflateName}, x-unknown` },
  { id: 'two-fields', offer: ['x-unknown', deflateName], acceptable: [1] },
  {
    id: 'two-offers',
    offer: `${offerWith('server_max_window_bits=10')}, ${deflateName}`,
    acceptable: [0, 1],
  },
  {
    id: 'two-offers-two-fields',
    offer: [offerWith('server_no_context_takeover'), deflateName],
    acceptable: [0, 1],
  },
  {
    id: 'three-offers',
    offer: [
      offerWith('server_max_window_bits=8; server_no_context_takeover'),
      offerWith('server_max_window_bits=10'),
      deflateName,
    ].join(', '),
    acceptable: [0, 1, 2],
  },
  ...[
    ['unknown', 'x_unknown'],
    ['bad-bits', 'server_max_window_bits=7'],
    ['repeated', 'server_no_context_takeover; server_no_context_takeover'],
    ['flag-value', 'client_no_context_takeover=1'],
  ].map(([id = '', params = '']) => ({
    id: `fallback-${id}`,
    offer: `${offerWith(params)}, ${offerWith('client_max_window_bits')}`,
    clause: 'RFC 7692 §7',
    acceptable: [1],
  })),
];

/** Each has to be declined: the handshake goes on without the extension (RFC 7692 §7). */
const badRows: readonly OfferRow[] = [
  ...['server_max_window_bits', 'client_max_window_bits'].flatMap((name) => {
    const side = name.slice(0, 6);
    return [
      ...['0', '1', '7', '16', '32', '99', '010', '09', '1e1', 'ten', '+10', '-10', '0xa', '9.5'].map(
        (value) => ({
          id: `${side}-bits-${value.replace('+', 'plus-').replace(/^-/, 'minus-')}`,
          offer: offerWith(`${name}=${value}`),
          clause: 'RFC 7692 §7.1.2',
        }),
      ),
      { id: `${side}-bits-quoted-7`, offer: offerWith(`${name}="7"`), clause: 'RFC 7692 §7.1.2' },
      { id: `${side}-bits-twice`, offer: offerWith(`${name}=10; ${name}=10`), clause: 'RFC 7692 §7' },
    ];
  }),
  { id: 'server-bits-no-value', offer: offerWith('server_max_window_bits'), clause: 'RFC 7692 §7.1.2.1' },
  {
    id: 'client-bits-with-and-without',
    offer: offerWith('client_max_window_bits; client_max_window_bits=10'),
  },
  ...['server', 'client'].flatMap((side) => [
    {
      id: `${side}-takeover-value`,
      offer: offerWith(`${side}_no_context_takeover=1`),
      clause: 'RFC 7692 §7.1.1',
    },
    {
      id: `${side}-takeover-true`,
      offer: offerWith(`${side}_no_context_takeover=true`),
      clause: 'RFC 7692 §7.1.1',
    },
    {
      id: `${side}-takeover-twice`,
      offer: offerWith(`${side}_no_context_takeover; ${side}_no_context_takeover`),
    },
  ]),
  { id: 'unknown', offer: offerWith('x_unknown') },
  { id: 'unknown-with-value', offer: offerWith('x_unknown=1') },
  {
    id: 'unknown-among-known',
    offer: offerWith('client_max_window_bits; x_unknown; server_no_context_takeover'),
  },
  { id: 'prototype', offer: offerWith('constructor; __proto__=1') },
].map((row) => ({ acceptable: [], clause: 'RFC 7692 §7', ...row }));

const malformedRows: readonly OfferRow[] = [
  ['empty-value', offerWith('server_max_window_bits=')],
  ['empty-quoted', offerWith('server_max_window_bits=""')],
  ['quoted-space', offerWith('server_max_window_bits="1 0"')],
  ['open-quote', offerWith('server_max_window_bits="10')],
  ['no-parameter', `${deflateName};`],
  ['two-semicolons', offerWith('; client_max_window_bits')],
  ['only-value', offerWith('=10')],
  ['space-between', `${deflateName} client_max_window_bits`],
  ['two-values', offerWith('server_max_window_bits=10=11')],
].map(([id = '', offer = '']) => ({
  id,
  offer,
  clause: 'RFC 6455 §9.1',
  acceptable: [],
  malformed: true,
}));

/** How servers take offers of permessage-deflate. */
export const deflateOfferCases: readonly Case[] = [
  ...soundRows.map((row) => offerCase('offers', row)),
  ...badRows.map((row) => offerCase('bad-offers', row)),
  ...malformedRows.map((row) => offerCase('malformed-offers', row)),
];

function offerCase(folder: string, row: OfferRow): Case {
  const { offer, acceptable = [0], clause = 'RFC 7692 §7.1', malformed = false } = row;
  const text = [offer].flat().join(' | ');
  const declined = malformed ? 'the offer declined, or the handshake refused' : 'the offer declined';
  return {
    id: `deflate/${folder}/${row.id}`,
    title: `the offer ${text}`,
    clause,
    group: 'deflate',
    judges: 'server',
    start: 'connected',
    over: ['http1', 'http2'],
    sends: `an opening request with Sec-WebSocket-Extensions: ${text}`,
    expects:
      acceptable.length === 0 ? declined : 'a right answer and compressed messages, or the offer declined',
    run: async (wire) => {
      wire.sendOpening({ headers: { 'Sec-WebSocket-Extensions': offer } });
      const answer = await receiveAnswer(wire, malformed);
      if (answer === 'refused') return;
      if (answer === null && acceptable.length > 0) wire.inform('the offer was declined');
      if (answer === null) await wire.expectEcho('text', 'Hello');
      else await expectInForce(wire, answer, { offers: [offer].flat(), acceptable });
      await wire.expectCloseHandshake();
    },
  };
}

/** The answer to the offers; null when all were declined. */
async function receiveAnswer(wire: Wire, malformed: boolean): Promise<ExtensionItem | null | 'refused'> {
  const response = await wire.receiveResponse();
  if (response === null || !isOpened(response)) {
    const what = response === null ? 'the connection was ended' : `the status is ${response.status}`;
    if (!malformed) wire.nonStrict(`${what}: an offer is declined, not the handshake (RFC 7692 §7)`);
    return 'refused';
  }
  const answers = parseExtensionItems(response.headers.getAll('Sec-WebSocket-Extensions'));
  if (answers === null || answers.length > 1)
    wire.fail('the answer is malformed, or more than one extension');
  return answers[0] ?? null;
}

async function expectInForce(
  wire: Wire,
  answer: ExtensionItem,
  { offers, acceptable }: { offers: readonly string[]; acceptable: readonly number[] },
): Promise<void> {
  if (acceptable.length === 0) wire.fail('an offer was accepted that has to be declined (RFC 7692 §7)');
  const items = parseExtensionItems(offers) ?? [];
  const faults = acceptable.map((place) => answerFault(answer, items[place] ?? null));
  const place = acceptable[faults.indexOf(null)];
  if (place === undefined) wire.fail(`the answer is wrong: ${faults.join('; ')}`);
  const codec = new DeflateCodec(clientTerms(answer, items[place] ?? null));
  wire.extension = { rsv: rsv1, decode: (payload) => codec.decode(payload) };
  for (const text of ['Hello', 'Hello, Hello, Hello', 'x'.repeat(3_000), 'Hello']) {
    await codec.expectEcho(wire, 'text', text);
  }
}

function offerWith(params: string): string {
  return `${deflateName}; ${params}`;
}
