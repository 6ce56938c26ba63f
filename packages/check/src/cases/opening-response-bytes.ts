import { setTimeout as sleep } from 'node:timers/promises';

import { Opcode } from 'ieum/core';

import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { expectClientOutcome, greeting, type OpeningRow, responseCases } from './opening-outcome.js';

const lineRows: readonly OpeningRow[] = [
  line('no-reason', 'no reason phrase', 'accepted', 'HTTP/1.1 101 '),
  line('no-space', 'no space behind the status', 'either', 'HTTP/1.1 101'),
  line('other-reason', 'another reason phrase', 'accepted', 'HTTP/1.1 101 Web Socket Protocol Handshake'),
  line('http-1.0', 'HTTP/1.0', 'either', 'HTTP/1.0 101 Switching Protocols'),
  line('http-2.0', 'HTTP/2.0 in the status line', 'better-refused', 'HTTP/2.0 101 Switching Protocols'),
  line('lower-case', 'http/1.1 in lower case', 'better-refused', 'http/1.1 101 Switching Protocols'),
  line('other-protocol', 'ICY in place of HTTP', 'better-refused', 'ICY 101 Switching Protocols'),
  line('four-digits', 'status 1010', 'refused', 'HTTP/1.1 1010 Switching Protocols'),
  line('two-digits', 'status 10', 'refused', 'HTTP/1.1 10 Switching Protocols'),
  line('negative', 'status -101', 'refused', 'HTTP/1.1 -101 Switching Protocols'),
  line('letters', 'status abc', 'refused', 'HTTP/1.1 abc Switching Protocols'),
  line('missing', 'no status', 'refused', 'HTTP/1.1 Switching Protocols'),
  line(
    'binary',
    'bytes of a TLS alert in place of the status line',
    'refused',
    '\x15\x03\x03\x00\x02\x02\x46',
  ),
  line('frame', 'a Ping frame in place of the status line', 'refused', '\x89\x05Hello'),
];

const grammarRows: readonly OpeningRow[] = [
  grammar('unknown-field', 'fields that nobody knows', 'accepted', { 'X-Unknown': 'yes', Server: 'x' }),
  grammar('set-cookie', 'two Set-Cookies', 'accepted', { 'Set-Cookie': ['a=b', 'c=d; HttpOnly'] }),
  grammar('non-ascii-value', 'bytes beyond ASCII in a value', 'better-accepted', {
    'X-Name': 'caf\u00c3\u00a9',
  }),
  grammar('folded', 'a folded field', 'either', { 'X-Folded': 'a\r\n b' }),
  grammar('nul-in-value', 'a NUL in a value', 'either', { 'X-Nul': 'a\0b' }),
  grammar('bare-cr', 'a CR without LF in a value', 'either', { 'X-Return': 'a\rb' }),
  grammar('space-before-colon', 'a space before the colon of a field', 'either', { 'X-Spaced ': 'yes' }),
  grammar('value-4-kib', 'a field of 4 KiB', 'better-accepted', { 'X-Long': 'x'.repeat(4_096) }),
  grammar('value-64-kib', 'a field of 64 KiB', 'either', { 'X-Long': 'x'.repeat(65_536) }),
  grammar('value-1-mib', 'a field of 1 MiB', 'either', { 'X-Long': 'x'.repeat(1024 ** 2) }),
  grammar('fields-50', '50 more fields', 'better-accepted', manyFields(50)),
  grammar('fields-3000', '3,000 more fields', 'either', manyFields(3_000)),
  grammar('content-length-0', 'Content-Length: 0', 'either', { 'Content-Length': '0' }),
  grammar('content-length', 'Content-Length: 5', 'either', { 'Content-Length': '5' }),
  grammar('chunked', 'Transfer-Encoding: chunked', 'either', { 'Transfer-Encoding': 'chunked' }),
  { ...grammar('bare-lf', 'lines that end with LF alone', 'either', {}), changes: { lineEnd: '\n' } },
];

const segmentCases: readonly Case[] = [
  segments('dribbled', 'byte by byte', (wire) => wire.dribble(wire.encodeOpening(), 1, 1)),
  segments('paused', 'with a pause of 500 ms in the middle', async (wire) => {
    const bytes = wire.encodeOpening();
    wire.sendBytes(bytes.subarray(0, 40));
    await sleep(500);
    wire.sendBytes(bytes.subarray(40));
  }),
  segments('last-byte', 'with its last byte 300 ms later', async (wire) => {
    const bytes = wire.encodeOpening();
    wire.sendBytes(bytes.subarray(0, -1));
    await sleep(300);
    wire.sendBytes(bytes.subarray(-1));
  }),
  segments('late', 'after 800 ms', async (wire) => {
    await sleep(800);
    wire.sendOpening();
  }),
  segments('ping-behind', 'with a Ping in the same segment', async (wire) => {
    wire.sendOpening({ body: wire.encodeFrame({ opcode: Opcode.Ping, payload: 'so early' }) });
    await wire.expectPong('so early');
  }),
  segments('message-behind', 'with a message in the same segment', async (wire) => {
    wire.sendOpening({ body: wire.encodeFrame({ opcode: Opcode.Text, payload: 'so early' }) });
    await wire.expectMessage('text', 'so early');
  }),
  segments('half-message-behind', 'with half a message in the same segment', async (wire) => {
    const frame = wire.encodeFrame({ opcode: Opcode.Text, payload: 'so early' });
    wire.sendOpening({ body: frame.subarray(0, 5) });
    await sleep(200);
    wire.sendBytes(frame.subarray(5));
    await wire.expectMessage('text', 'so early');
  }),
];

const endingCases: readonly Case[] = [
  {
    ...segments('close-behind', 'with a Close in the same segment', () => {}),
    expects: 'a Close with the same code, and the end',
    run: async (wire) => {
      wire.sendOpening({ body: wire.encodeFrame({ opcode: Opcode.Close, payload: '\x03\xe9' }) });
      await wire.expectFailure({ codes: [1000, 1001, 1002], allowNoClose: true });
    },
  },
  {
    ...segments('ended-within', 'that ends in the middle of its head', () => {}),
    expects: 'the end',
    run: async (wire) => {
      wire.sendBytes(wire.encodeOpening().subarray(0, 50));
      wire.halfClose();
      await wire.expectRefused();
    },
  },
  {
    ...segments('ended-before', 'that never comes: the connection is ended', () => {}),
    expects: 'the end',
    run: async (wire) => {
      wire.halfClose();
      await wire.expectRefused();
    },
  },
  {
    ...segments('reset', 'that is a reset', () => {}),
    expects: 'that the client lives on',
    run: (wire) => wire.reset(),
  },
  {
    ...segments('endless', 'whose head has no end within 2 MiB', () => {}),
    expects: 'the end, or patience',
    run: async (wire) => {
      wire.sendBytes(wire.encodeOpening().subarray(0, -2));
      for (let sent = 0; sent < 64; sent++) wire.sendBytes(`X-More: ${'x'.repeat(32_768)}\r\n`);
      await wire.drained();
      wire.sendBytes('\r\n');
      wire.sendFrame(greeting);
      await expectClientOutcome(wire, 'either');
    },
  },
];

/** How clients take the bytes of an opening response. */
export const responseByteCases: readonly Case[] = [
  ...responseCases('opening-response/line', lineRows),
  ...responseCases('opening-response/lines', grammarRows),
  ...segmentCases,
  ...endingCases,
];

function line(id: string, title: string, outcome: OpeningRow['outcome'], startLine: string): OpeningRow {
  return { id, title, clause: 'RFC 9112 §4', outcome, changes: { startLine } };
}

function grammar(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  headers: Readonly<Record<string, string | readonly string[]>>,
): OpeningRow {
  return { id, title, clause: 'RFC 9112 §5', outcome, changes: { headers } };
}

function segments(id: string, title: string, send: (wire: Wire) => Promise<void> | void): Case {
  return {
    id: `opening-response/segments/${id}`,
    title: `an opening response ${title}`,
    clause: 'RFC 9112 §2.2',
    group: 'opening-response',
    judges: 'client',
    start: 'connected',
    sends: `an opening response ${title}`,
    expects: 'an opened connection that echoes',
    run: async (wire) => {
      await send(wire);
      await wire.expectEcho('text', greeting.payload);
      await wire.expectCloseHandshake();
    },
  };
}

function manyFields(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Field-${index}`, 'x']));
}
