import { describe, expect, test } from 'vitest';

import { formatExtensionList, parseExtensionList } from '../handshake/extension-list.js';

import {
  type DeflatePreferences,
  type DeflateTerms,
  grantDeflate,
  offerDeflate,
  readDeflateAnswer,
} from './deflate-parameters.js';

/** Wishes for nothing: what comes out then is what the other side asked for. */
const open: DeflatePreferences = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const thrifty: DeflatePreferences = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 12,
  clientMaxWindowBits: 10,
};

/** Beside the range, with leading zeros, and no numbers at all (RFC 7692 §7.1.2). */
const impossibleBits = ['0', '7', '16', '100', '08', '015', '1', '-9', '+9', '9.5', '1e1', '0x9', 'x'];

describe('a server grants', () => {
  test.each<[offer: string, answer: string]>([
    ['permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
    ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
    ['permessage-deflate; server_max_window_bits=9', 'permessage-deflate; server_max_window_bits=9'],
    // Whoever asks for a limit is told that it is kept, even where it limits nothing (RFC 7692 §7.1.2.1).
    ['permessage-deflate; server_max_window_bits=15', 'permessage-deflate; server_max_window_bits=15'],
    ['permessage-deflate; client_max_window_bits=11', 'permessage-deflate; client_max_window_bits=11'],
    ['permessage-deflate; client_max_window_bits=8', 'permessage-deflate; client_max_window_bits=8'],
    ['permessage-deflate; client_max_window_bits=15', 'permessage-deflate'],
    [
      'permessage-deflate; client_max_window_bits=9; server_max_window_bits="10"; client_no_context_takeover',
      'permessage-deflate; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9',
    ],
    ['permessage-deflate; server_max_window_bits="12"', 'permessage-deflate; server_max_window_bits=12'],
    ['permessage-deflate; server_max_window_bits="1\\2"', 'permessage-deflate; server_max_window_bits=12'],
  ])('%s', (offer, answer) => {
    expect(answerTo(offer, open)).toBe(answer);
  });

  test.each<[offers: string, answer: string]>([
    ['x-other, permessage-deflate', 'permessage-deflate'],
    [
      'permessage-deflate; server_no_context_takeover, permessage-deflate',
      'permessage-deflate; server_no_context_takeover',
    ],
    ['permessage-deflate, permessage-deflate; server_no_context_takeover', 'permessage-deflate'],
    [
      'permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=10',
      'permessage-deflate; server_max_window_bits=10',
    ],
    ['permessage-deflate; unknown, permessage-deflate', 'permessage-deflate'],
    [
      'permessage-deflate; server_max_window_bits=7, x-webkit-deflate-frame, permessage-deflate',
      'permessage-deflate',
    ],
  ])('the first that can be granted of %s', (offers, answer) => {
    expect(answerTo(offers, open)).toBe(answer);
  });

  test.each<[offer: string, answer: string]>([
    [
      'permessage-deflate',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12',
    ],
    [
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=10',
    ],
    [
      'permessage-deflate; client_max_window_bits=9; server_max_window_bits=9',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
    ],
    [
      'permessage-deflate; client_max_window_bits=15; server_max_window_bits=15',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=10',
    ],
  ])('what it wishes for besides: %s', (offer, answer) => {
    expect(answerTo(offer, thrifty)).toBe(answer);
  });

  test.each<[offer: string, preferences: DeflatePreferences, terms: DeflateTerms]>([
    ['permessage-deflate', open, terms(false, 15, false, 15)],
    ['permessage-deflate', thrifty, terms(true, 12, true, 15)],
    ['permessage-deflate; client_max_window_bits', thrifty, terms(true, 12, true, 10)],
    ['permessage-deflate; server_no_context_takeover', open, terms(true, 15, false, 15)],
    ['permessage-deflate; client_no_context_takeover', open, terms(false, 15, true, 15)],
    ['permessage-deflate; server_max_window_bits=9', open, terms(false, 9, false, 15)],
    ['permessage-deflate; client_max_window_bits=9', open, terms(false, 15, false, 9)],
  ])('%s on these terms', (offer, preferences, expected) => {
    expect(grantDeflate(listOf(offer), preferences)?.terms).toEqual(expected);
  });
});

/** RFC 7692 §7.1: "a server MUST decline an extension negotiation offer". */
describe('a server declines', () => {
  test.each<string>([
    'x-webkit-deflate-frame',
    'permessage-bzip2',
    'Permessage-Deflate',
    'permessage-deflate; unknown',
    'permessage-deflate; unknown=1',
    'permessage-deflate; Server_No_Context_Takeover',
    'permessage-deflate; max_window_bits=10',
    'permessage-deflate; server_no_context_takeover=true',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_no_context_takeover=x',
    'permessage-deflate; server_max_window_bits',
    ...impossibleBits.map((bits) => `permessage-deflate; server_max_window_bits=${bits}`),
    ...impossibleBits.map((bits) => `permessage-deflate; client_max_window_bits=${bits}`),
    // zlib cannot compress with so small a window.
    'permessage-deflate; server_max_window_bits=8',
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
    'permessage-deflate; server_max_window_bits=10; server_max_window_bits=10',
    'permessage-deflate; client_max_window_bits; client_max_window_bits',
    'permessage-deflate; client_max_window_bits; client_max_window_bits=10',
    'permessage-deflate; server_max_window_bits=10; server_max_window_bits=7',
    'permessage-deflate; __proto__',
    'permessage-deflate; toString',
  ])('%s', (offer) => {
    expect(answerTo(offer, open)).toBeNull();
    expect(answerTo(`${offer}, permessage-deflate`, open)).toBe('permessage-deflate');
  });

  test('when nothing is offered', () => {
    expect(grantDeflate([], open)).toBeNull();
  });
});

test.each<[preferences: DeflatePreferences, offer: string]>([
  [open, 'permessage-deflate; client_max_window_bits'],
  [
    thrifty,
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=10',
  ],
  [
    { ...open, serverMaxWindowBits: 9 },
    'permessage-deflate; server_max_window_bits=9; client_max_window_bits',
  ],
  [{ ...open, clientMaxWindowBits: 9 }, 'permessage-deflate; client_max_window_bits=9'],
])('a client that wishes for %o offers %s', (preferences, offer) => {
  expect(formatExtensionList([offerDeflate(preferences)])).toBe(offer);
});

describe('a client goes along with', () => {
  const asked = { ...thrifty, clientNoContextTakeover: false };
  test.each<[answer: string, preferences: DeflatePreferences, terms: DeflateTerms]>([
    ['permessage-deflate', open, terms(false, 15, false, 15)],
    // What a client did not ask for it must put up with (RFC 7692 §7.1.1, §7.1.2).
    ['permessage-deflate; server_no_context_takeover', open, terms(false, 15, true, 15)],
    ['permessage-deflate; client_no_context_takeover', open, terms(true, 15, false, 15)],
    ['permessage-deflate; server_max_window_bits=10', open, terms(false, 15, false, 10)],
    ['permessage-deflate; server_max_window_bits=8', open, terms(false, 15, false, 8)],
    ['permessage-deflate; client_max_window_bits=10', open, terms(false, 10, false, 15)],
    ['permessage-deflate; client_max_window_bits=8', open, terms(false, 8, false, 15)],
    ['permessage-deflate; client_max_window_bits="9"', open, terms(false, 9, false, 15)],
    [
      'permessage-deflate; server_max_window_bits=9; server_no_context_takeover',
      asked,
      terms(false, 10, true, 9),
    ],
    // A server may leave out what the client does of its own accord; it does so all the same.
    [
      'permessage-deflate; server_max_window_bits=12; server_no_context_takeover',
      thrifty,
      terms(true, 10, true, 12),
    ],
    [
      'permessage-deflate; server_max_window_bits=12; server_no_context_takeover; client_max_window_bits=15',
      thrifty,
      terms(true, 10, true, 12),
    ],
  ])('%s', (answer, preferences, expected) => {
    expect(read(answer, preferences)).toEqual(expected);
  });
});

/** RFC 7692 §7.1: "a client MUST _Fail the WebSocket Connection_". */
describe('a client fails on', () => {
  test.each<string>([
    'permessage-deflate; unknown',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_no_context_takeover=true',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; client_max_window_bits',
    ...impossibleBits.map((bits) => `permessage-deflate; server_max_window_bits=${bits}`),
    ...impossibleBits.map((bits) => `permessage-deflate; client_max_window_bits=${bits}`),
    'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
    'permessage-deflate; server_max_window_bits=10; server_max_window_bits=10',
    'permessage-deflate; client_max_window_bits=10; client_max_window_bits=10',
  ])('%s', (answer) => {
    expect(read(answer, open)).toBeNull();
  });

  test.each<[answer: string, preferences: DeflatePreferences]>([
    ['permessage-deflate', { ...open, serverNoContextTakeover: true }],
    ['permessage-deflate', { ...open, serverMaxWindowBits: 12 }],
    ['permessage-deflate; server_max_window_bits=13', { ...open, serverMaxWindowBits: 12 }],
    ['permessage-deflate; server_max_window_bits=15', { ...open, serverMaxWindowBits: 14 }],
  ])('%s where it asked for more', (answer, preferences) => {
    expect(read(answer, preferences)).toBeNull();
  });

  test('client_max_window_bits where it did not say that it can be told (RFC 7692 §7.1.2.2)', () => {
    const [answer, offer] = listOf('permessage-deflate; client_max_window_bits=10, permessage-deflate');
    expect(answer && offer && readDeflateAnswer(answer, offer)).toBeNull();
  });
});

test('what a server grants, the client that offered it takes, and both mean the same', () => {
  for (const client of preferencesToTry()) {
    for (const server of preferencesToTry()) {
      const offer = offerDeflate(client);
      const grant = grantDeflate([offer], server);
      if (grant === null) throw new Error('declined');
      const taken = readDeflateAnswer(grant.answer, offer);
      const { sendNoContextTakeover, sendWindowBits, receiveNoContextTakeover, receiveWindowBits } =
        grant.terms;
      expect(taken).toEqual(
        terms(receiveNoContextTakeover, receiveWindowBits, sendNoContextTakeover, sendWindowBits),
      );
    }
  }
});

function* preferencesToTry(): Generator<DeflatePreferences> {
  for (const serverNoContextTakeover of [false, true])
    for (const clientNoContextTakeover of [false, true])
      for (const serverMaxWindowBits of [9, 12, 15])
        for (const clientMaxWindowBits of [9, 12, 15])
          yield {
            serverNoContextTakeover,
            clientNoContextTakeover,
            serverMaxWindowBits,
            clientMaxWindowBits,
          };
}

function terms(
  sendNoContextTakeover: boolean,
  sendWindowBits: number,
  receiveNoContextTakeover: boolean,
  receiveWindowBits: number,
): DeflateTerms {
  return { sendNoContextTakeover, sendWindowBits, receiveNoContextTakeover, receiveWindowBits };
}

function answerTo(offers: string, preferences: DeflatePreferences): string | null {
  const grant = grantDeflate(listOf(offers), preferences);
  return grant === null ? null : formatExtensionList([grant.answer]);
}

function read(answer: string, preferences: DeflatePreferences): DeflateTerms | null {
  const [first] = listOf(answer);
  return first === undefined ? null : readDeflateAnswer(first, offerDeflate(preferences));
}

function listOf(value: string) {
  const list = parseExtensionList([value]);
  if (list === null) throw new Error(`not a list of extensions: ${value}`);
  return list;
}
