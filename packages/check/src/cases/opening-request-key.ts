import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { expectServerOutcome, type OpeningRow, requestCases } from './opening-outcome.js';

const keyRows: readonly OpeningRow[] = [
  key('missing', 'no Sec-WebSocket-Key', 'refused', null),
  key('empty', 'an empty Sec-WebSocket-Key', 'refused', ''),
  {
    ...key('doubled', 'the same Sec-WebSocket-Key twice', 'refused', [sampleKey(), sampleKey()]),
    clause: 'RFC 6455 §11.3.1',
  },
  {
    ...key('two', 'two Sec-WebSocket-Keys', 'refused', [sampleKey(), base64Of(16)]),
    clause: 'RFC 6455 §11.3.1',
  },
  key('list', 'two Sec-WebSocket-Keys in one field', 'refused', `${sampleKey()}, ${base64Of(16)}`),
  ...[1, 15, 17, 32].map((bytes) =>
    key(`bytes-${bytes}`, `a Sec-WebSocket-Key of ${bytes} bytes`, 'better-refused', base64Of(bytes)),
  ),
  key('16-characters', 'a Sec-WebSocket-Key of 16 characters', 'better-refused', 'abcdefghijklmnop'),
  key('no-padding', 'a Sec-WebSocket-Key without its padding', 'better-refused', sampleKey().slice(0, 22)),
  key(
    'inner-padding',
    'a Sec-WebSocket-Key with padding in it',
    'better-refused',
    'dGhlIHNh==xlIG5vbmNlZQ==',
  ),
  key(
    'not-base64',
    'a Sec-WebSocket-Key with characters that are not base64',
    'better-refused',
    'dGhlIHNhbXBsZSBub25j!!==',
  ),
  key('base64url', 'a Sec-WebSocket-Key in base64url', 'better-refused', '-_-_-_-_-_-_-_-_-_-_-g=='),
  key(
    'space-within',
    'a Sec-WebSocket-Key with a space in it',
    'better-refused',
    'dGhlIHNhbXBs ZSBub25jZQ==',
  ),
  {
    ...key(
      'stray-bits',
      'a Sec-WebSocket-Key whose unused bits are set',
      'either',
      'AQIDBAUGBwgJCgsMDQ4PEC==',
    ),
    clause: 'RFC 6455 erratum 3150',
  },
  key('spaces-around', 'spaces and a tab around Sec-WebSocket-Key', 'accepted', `  ${sampleKey()}\t `),
  key('sample', 'the Sec-WebSocket-Key of the RFC', 'accepted', sampleKey()),
  key('zeros', 'a Sec-WebSocket-Key of zeros', 'accepted', Buffer.alloc(16).toString('base64')),
  key('ones', 'a Sec-WebSocket-Key of 255s', 'accepted', Buffer.alloc(16, 255).toString('base64')),
  {
    ...key('lower-case-name', 'the name of Sec-WebSocket-Key in lower case', 'accepted', null),
    clause: 'RFC 9110 §5.1',
    changes: { headers: { 'sec-websocket-key': sampleKey(), 'Sec-WebSocket-Key': sampleKey() } },
  },
];

const versionRows: readonly OpeningRow[] = [
  version('missing', 'no Sec-WebSocket-Version', 'refused', null),
  version('empty', 'an empty Sec-WebSocket-Version', 'refused', ''),
  version('leading-zero', 'Sec-WebSocket-Version: 013', 'better-refused', '013'),
  version('letters', 'Sec-WebSocket-Version: 13a', 'refused', '13a'),
  version('fraction', 'Sec-WebSocket-Version: 13.0', 'refused', '13.0'),
  version('list', 'Sec-WebSocket-Version: 13, 8', 'refused', '13, 8'),
  version('hex', 'Sec-WebSocket-Version: 0xd', 'refused', '0xd'),
  {
    ...version('doubled', 'Sec-WebSocket-Version: 13 twice', 'refused', ['13', '13']),
    clause: 'RFC 6455 §11.3.5',
  },
  {
    ...version('two', 'Sec-WebSocket-Version: 8 and 13 in two fields', 'refused', ['8', '13']),
    clause: 'RFC 6455 §11.3.5',
  },
  version('spaces-around', 'spaces around Sec-WebSocket-Version', 'accepted', '  13  '),
];

const otherVersionCases: readonly Case[] = ['0', '12', '14', '25', '255', '256'].map((value) => ({
  id: `opening-request/version/${value}`,
  title: `an opening request with Sec-WebSocket-Version: ${value}`,
  clause: 'RFC 6455 §4.2.2, §4.4',
  group: 'opening-request',
  judges: 'server',
  start: 'connected',
  sends: `an opening request with Sec-WebSocket-Version: ${value}`,
  expects: 'status 426 or 400 with a Sec-WebSocket-Version that has 13',
  run: async (wire) => {
    const changes = { headers: { 'Sec-WebSocket-Version': value } };
    await expectServerOutcome(wire, changes, { outcome: 'refused', statuses: [426, 400] });
    judgeVersionAnswer(wire);
  },
}));

const draftVersionCases: readonly Case[] = ['7', '8'].map((value) => ({
  id: `opening-request/version/${value}`,
  title: `an opening request with Sec-WebSocket-Version: ${value}, that of a draft`,
  clause: 'RFC 6455 §4.4',
  group: 'opening-request',
  judges: 'server',
  start: 'connected',
  sends: `an opening request with Sec-WebSocket-Version: ${value}`,
  expects: 'status 426 or 400 with a Sec-WebSocket-Version that has 13; a server may know the draft too',
  run: async (wire) => {
    const changes = { headers: { 'Sec-WebSocket-Version': value } };
    const isAccepted = await expectServerOutcome(wire, changes, { outcome: 'either' });
    if (isAccepted) wire.inform(`the server knows version ${value} too`);
    else judgeVersionAnswer(wire);
  },
}));

/** How servers take the key and the version of an opening request. */
export const requestKeyCases: readonly Case[] = [
  ...requestCases('opening-request', [...keyRows, ...versionRows]),
  ...otherVersionCases,
  ...draftVersionCases,
];

/** What goes with a refusal for the version (RFC 6455 §4.4, RFC 9110 §15.5.22). */
function judgeVersionAnswer(wire: Wire): void {
  const { status, headers } = wire.response;
  const versions = headers.getAll('Sec-WebSocket-Version').flatMap((value) => value.split(','));
  if (!versions.some((version) => version.trim() === '13')) {
    wire.fail('no Sec-WebSocket-Version: 13 came with the refusal (RFC 6455 §4.4)');
  }
  if (status === 426 && !headers.has('Upgrade')) wire.fail('426 came without Upgrade (RFC 9110 §15.5.22)');
}

function key(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  value: string | readonly string[] | null,
): OpeningRow {
  const changes = { headers: { 'Sec-WebSocket-Key': value } };
  return { id: `key/${id}`, title, clause: 'RFC 6455 §4.2.1', outcome, changes };
}

function version(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  value: string | readonly string[] | null,
): OpeningRow {
  const changes = { headers: { 'Sec-WebSocket-Version': value } };
  const clause = 'RFC 6455 §4.2.1';
  return { id: `version/${id}`, title, clause, outcome, changes, statuses: [400, 426] };
}

function sampleKey(): string {
  return 'dGhlIHNhbXBsZSBub25jZQ==';
}

function base64Of(bytes: number): string {
  return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 37 + 11) & 255)).toString('base64');
}
