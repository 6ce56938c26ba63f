import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { DeflateCodec, rsv1 } from './deflate-codec.js';
import { answerFault, clientTerms, deflateName, deflateOfferOf, parameterValue } from './deflate-terms.js';
import { type ExtensionItem, parseExtensionItems } from './extension-items.js';
import { expectClientOutcome, greeting } from './opening-outcome.js';

interface AnswerRow {
  readonly id: string;
  /** The Sec-WebSocket-Extensions of the response, a text for each field. */
  readonly answer: string | readonly string[];
  readonly clause?: string;
  /** Whether there is something to judge, with that offer of the client. Default always. */
  readonly when?: (offer: ExtensionItem) => boolean;
  /** Default `refused`. */
  readonly outcome?: 'refused' | 'better-refused' | 'either';
}

const badRows: readonly AnswerRow[] = [
  ...['0', '7', '16', '99', '08', '010', 'ten', '+10', '-10', '1e1'].map((value) => ({
    id: `server-bits-${value.replace('+', 'plus-').replace(/^-/, 'minus-')}`,
    answer: `${deflateName}; server_max_window_bits=${value}`,
    clause: 'RFC 7692 §7.1.2.1',
  })),
  {
    id: 'server-bits-no-value',
    answer: `${deflateName}; server_max_window_bits`,
    clause: 'RFC 7692 §7.1.2.1',
  },
  ...['0', '7', '16', '010', 'ten'].map((value) => ({
    id: `client-bits-${value}`,
    answer: `${deflateName}; client_max_window_bits=${value}`,
    clause: 'RFC 7692 §7.1.2.2',
  })),
  {
    id: 'client-bits-no-value',
    answer: `${deflateName}; client_max_window_bits`,
    clause: 'RFC 7692 §7.1.2.2',
  },
  {
    id: 'client-bits-not-offered',
    answer: `${deflateName}; client_max_window_bits=12`,
    clause: 'RFC 7692 §7.1.2.2',
    when: (offer) => parameterValue(offer, 'client_max_window_bits') === undefined,
  },
  {
    id: 'client-bits-more-than-offered',
    answer: `${deflateName}; client_max_window_bits=15`,
    clause: 'RFC 7692 §7.1.2.2',
    when: (offer) => Number(parameterValue(offer, 'client_max_window_bits') ?? 15) < 15,
  },
  {
    id: 'server-bits-more-than-offered',
    answer: `${deflateName}; server_max_window_bits=15`,
    clause: 'RFC 7692 §7.1.2.1',
    when: (offer) => Number(parameterValue(offer, 'server_max_window_bits') ?? 15) < 15,
  },
  {
    id: 'server-takeover-missing',
    answer: deflateName,
    clause: 'RFC 7692 §7.1.1.1',
    when: (offer) => parameterValue(offer, 'server_no_context_takeover') !== undefined,
  },
  ...['server', 'client'].flatMap((side) => [
    {
      id: `${side}-takeover-value`,
      answer: `${deflateName}; ${side}_no_context_takeover=1`,
      clause: 'RFC 7692 §7.1.1',
    },
    {
      id: `${side}-takeover-twice`,
      answer: `${deflateName}; ${side}_no_context_takeover; ${side}_no_context_takeover`,
    },
  ]),
  { id: 'server-bits-twice', answer: `${deflateName}; server_max_window_bits=10; server_max_window_bits=10` },
  { id: 'unknown', answer: `${deflateName}; x_unknown` },
  { id: 'unknown-with-value', answer: `${deflateName}; x_unknown=1` },
  { id: 'prototype', answer: `${deflateName}; __proto__=1` },
  { id: 'other-extension-too', answer: `${deflateName}, x-unknown`, clause: 'RFC 6455 §9.1' },
  { id: 'other-extension', answer: 'x-webkit-deflate-frame', clause: 'RFC 6455 §9.1' },
  {
    id: 'twice',
    answer: `${deflateName}, ${deflateName}`,
    clause: 'RFC 6455 §9.1',
    outcome: 'better-refused',
  },
  {
    id: 'twice-two-fields',
    answer: [deflateName, deflateName],
    clause: 'RFC 6455 §9.1',
    outcome: 'better-refused',
  },
  { id: 'empty-value', answer: `${deflateName}; server_max_window_bits=`, clause: 'RFC 6455 §9.1' },
  { id: 'open-quote', answer: `${deflateName}; server_max_window_bits="10`, clause: 'RFC 6455 §9.1' },
  { id: 'two-semicolons', answer: `${deflateName};; server_max_window_bits=10`, clause: 'RFC 6455 §9.1' },
  {
    id: 'upper-case',
    answer: deflateName.toUpperCase(),
    clause: 'RFC 6455 §9.1',
    outcome: 'either',
  },
];

const soundAnswers: readonly (readonly [id: string, params: string])[] = [
  ['plain', ''],
  ['server-no-takeover', 'server_no_context_takeover'],
  ['client-no-takeover', 'client_no_context_takeover'],
  ['no-takeover', 'server_no_context_takeover; client_no_context_takeover'],
  ...[9, 10, 11, 12, 13, 14, 15].map(
    (bits) => [`server-bits-${bits}`, `server_max_window_bits=${bits}`] as const,
  ),
  ...[9, 10, 11, 12, 13, 14, 15].map(
    (bits) => [`client-bits-${bits}`, `client_max_window_bits=${bits}`] as const,
  ),
  [
    'all',
    'client_no_context_takeover; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
  ],
  ['quoted', 'server_max_window_bits="10"'],
];

const soundCases: readonly Case[] = soundAnswers.map(([id, params]) => ({
  ...about(`answers/${id}`, params === '' ? deflateName : `${deflateName}; ${params}`),
  clause: 'RFC 7692 §7.1',
  expects: 'an opened connection that takes compressed messages',
  run: async (wire) => {
    const offer = offerOf(wire);
    const text = completed(params === '' ? deflateName : `${deflateName}; ${params}`, offer);
    const [answer] = parseExtensionItems([text]) as [ExtensionItem];
    if (answerFault(answer, offer) !== null) {
      wire.conclude('the client does not offer what this is an answer to');
    }
    wire.sendOpening({ headers: { 'Sec-WebSocket-Extensions': text } });
    const codec = new DeflateCodec(clientSide(answer));
    wire.extension = { rsv: rsv1, decode: (payload) => codec.decode(payload) };
    for (const message of ['Hello', 'Hello, Hello, Hello', 'x'.repeat(3_000), 'Hello']) {
      await codec.expectEcho(wire, 'text', message);
    }
    await wire.expectCloseHandshake();
  },
}));

const badCases: readonly Case[] = badRows.map((row) => ({
  ...about(`bad-answers/${row.id}`, [row.answer].flat().join(' | ')),
  clause: row.clause ?? 'RFC 7692 §7',
  expects: 'the connection failed',
  run: async (wire) => {
    const offer = offerOf(wire);
    if (row.when?.(offer) === false) wire.conclude('the offer of the client makes this a right answer');
    const body = wire.encodeFrame(greeting);
    // A client that goes on is noticed by its message, compressed or not.
    wire.extension = { rsv: rsv1, decode: (payload) => payload };
    wire.sendOpening({ headers: { 'Sec-WebSocket-Extensions': row.answer }, body });
    await expectClientOutcome(wire, row.outcome ?? 'refused');
  },
}));

const unofferedCases: readonly Case[] = [
  {
    ...about('bad-answers/not-offered', deflateName),
    clause: 'RFC 6455 §4.1',
    expects: 'the connection failed',
    run: async (wire) => {
      if (deflateOfferOf(wire.request) !== null) wire.conclude('the client offers permessage-deflate');
      const body = wire.encodeFrame(greeting);
      wire.sendOpening({ headers: { 'Sec-WebSocket-Extensions': deflateName }, body });
      await wire.expectRefused();
    },
  },
];

/** How clients take answers to their offer of permessage-deflate. */
export const deflateAnswerCases: readonly Case[] = [...soundCases, ...badCases, ...unofferedCases];

function about(id: string, answer: string): Omit<Case, 'clause' | 'expects' | 'run'> {
  return {
    id: `deflate/${id}`,
    title: `the answer ${answer}`,
    group: 'deflate',
    judges: 'client',
    start: 'connected',
    sends: `an opening response with Sec-WebSocket-Extensions: ${answer}`,
  };
}

function offerOf(wire: Wire): ExtensionItem {
  return deflateOfferOf(wire.request) ?? wire.conclude('the client does not offer permessage-deflate');
}

/** The answer, with what the offer demands. */
function completed(answer: string, offer: ExtensionItem): string {
  const bits = parameterValue(offer, 'server_max_window_bits');
  const demanded = [
    ...(parameterValue(offer, 'server_no_context_takeover') === undefined
      ? []
      : ['server_no_context_takeover']),
    ...(bits === undefined ? [] : [`server_max_window_bits=${bits}`]),
  ];
  const missing = demanded.filter((param) => !answer.includes(param.split('=')[0] as string));
  return [answer, ...missing].join('; ');
}

/** The terms of a tester that is server are those of a client, seen from the other side. */
function clientSide(answer: ExtensionItem): DeflateCodec['terms'] {
  const { testerTakeover, peerTakeover, testerBits, peerBits } = clientTerms(answer, null);
  return {
    testerTakeover: peerTakeover,
    peerTakeover: testerTakeover,
    testerBits: peerBits,
    peerBits: testerBits,
  };
}
