import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import { Opcode } from 'ieum/core';

import type { Case } from '../case.js';
import type { OpeningChanges } from '../opening/opening-changes.js';
import type { Wire } from '../wire/wire.js';

import { expectServerOutcome, greeting, judgeServerAnswer } from './opening-outcome.js';

const smuggled = 'a frame that is a body';

interface BodyRow {
  readonly id: string;
  readonly title: string;
  readonly clause: string;
  readonly headers: NonNullable<OpeningChanges['headers']>;
  readonly body: (frame: Buffer) => string | Uint8Array;
}

const bodyRows: readonly BodyRow[] = [
  body('content-length-0', 'Content-Length: 0', 'RFC 9112 §6.3', { 'Content-Length': '0' }, () => ''),
  {
    id: 'content-length',
    title: 'a body that looks like a frame, and its Content-Length',
    clause: 'RFC 9110 §7.8',
    headers: { 'Content-Length': `${smuggled.length + 6}` },
    body: (frame) => frame,
  },
  body('chunked-empty', 'an empty body in chunks', 'RFC 9112 §7.1', chunked(), () => '0\r\n\r\n'),
  body('chunked', 'a body in chunks, and a frame in one of them', 'RFC 9110 §7.8', chunked(), (frame) =>
    Buffer.concat([Buffer.from(`${frame.length.toString(16)}\r\n`), frame, Buffer.from('\r\n0\r\n\r\n')]),
  ),
  body(
    'both',
    'both Content-Length and Transfer-Encoding',
    'RFC 9112 §6.1',
    { 'Content-Length': '5', ...chunked() },
    () => '0\r\n\r\n',
  ),
];

const bodyCases: readonly Case[] = bodyRows.map((row) => ({
  id: `opening-request/body/${row.id}`,
  title: `an opening request with ${row.title}`,
  clause: row.clause,
  group: 'opening-request',
  judges: 'server',
  start: 'connected',
  sends: `an opening request with ${row.title}`,
  expects: 'a refusal, or an opened connection that takes the body for no frame',
  run: async (wire) => {
    const frame = wire.encodeFrame({ opcode: Opcode.Text, payload: smuggled });
    await expectServerOutcome(wire, { headers: row.headers, body: row.body(frame) }, { outcome: 'either' });
  },
}));

const badLengthCases: readonly Case[] = [
  ['content-length-letters', 'Content-Length: five', 'five'],
  ['content-length-negative', 'Content-Length: -1', '-1'],
  ['content-length-two', 'two different Content-Lengths', ['0', '5']],
  ['content-length-huge', 'a Content-Length of 30 digits', '9'.repeat(30)],
].map(([id, title, value]) => ({
  id: `opening-request/body/${id}`,
  title: `an opening request with ${title}`,
  clause: 'RFC 9112 §6.3',
  group: 'opening-request',
  judges: 'server',
  start: 'connected',
  sends: `an opening request with ${title}`,
  expects: 'a refusal',
  run: async (wire) => {
    const changes = { headers: { 'Content-Length': value as string } };
    await expectServerOutcome(wire, changes, { outcome: 'refused', statuses: [400, 413] });
  },
}));

const segmentCases: readonly Case[] = [
  segments('dribbled', 'byte by byte', (wire, bytes) => wire.dribble(bytes, 1, 1)),
  segments('in-7-bytes', 'in pieces of 7 bytes', (wire, bytes) => wire.dribble(bytes, 7, 2)),
  segments('paused', 'with a pause of 500 ms in the middle', async (wire, bytes) => {
    wire.sendBytes(bytes.subarray(0, 60));
    await sleep(500);
    wire.sendBytes(bytes.subarray(60));
  }),
  segments('last-byte', 'with its last byte 300 ms later', async (wire, bytes) => {
    wire.sendBytes(bytes.subarray(0, -1));
    await sleep(300);
    wire.sendBytes(bytes.subarray(-1));
  }),
  segments('cut-line-ends', 'cut between CR and LF everywhere', async (wire, bytes) => {
    for (const piece of bytes.toString('latin1').split(/(?<=\r)/)) {
      wire.sendBytes(piece);
      await sleep(2);
    }
  }),
];

const aheadCases: readonly Case[] = [
  {
    ...segments('frame-behind', 'with a frame in the same segment', () => {}),
    clause: 'RFC 6455 §4.1',
    expects: 'the frame sent back, or dropped, or the end',
    run: async (wire) => {
      const frame = wire.encodeFrame(greeting);
      wire.sendOpening({ body: frame });
      await expectOpenedOrGone(wire);
    },
  },
  {
    ...segments('half-frame-behind', 'with half a frame in the same segment', () => {}),
    clause: 'RFC 6455 §4.1',
    expects: 'the frame sent back when the rest has come, or dropped, or the end',
    run: async (wire) => {
      const frame = wire.encodeFrame(greeting);
      wire.sendOpening({ body: frame.subarray(0, 4) });
      await sleep(200);
      wire.sendBytes(frame.subarray(4));
      await expectOpenedOrGone(wire);
    },
  },
  {
    ...segments('pipelined', 'behind another request in the same segment', () => {}),
    clause: 'RFC 9112 §9.3.2',
    expects: 'a response to the first, and then an opened connection or the end',
    run: async (wire: Wire) => {
      const head = wire.encodeOpening().toString('latin1');
      const first = `HEAD / HTTP/1.1\r\n${/^host:.*$/im.exec(head)?.[0]?.trim()}\r\n\r\n`;
      wire.sendBytes(first + head);
      const answer = await wire.receiveResponse();
      if (answer === null) wire.fail('no response to the first request came (RFC 9112 §9.3.2)');
      if (answer.status === 101) wire.fail('the first request was answered with 101');
      const key = /^sec-websocket-key: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
      await judgeServerAnswer(wire, { 'Sec-WebSocket-Key': key }, { outcome: 'either' });
    },
  },
  {
    ...segments('expect-continue', 'with Expect: 100-continue', () => {}),
    clause: 'RFC 9110 §10.1.1',
    expects: 'an opened connection, or a refusal',
    run: async (wire) => {
      await expectServerOutcome(wire, { headers: { Expect: '100-continue' } }, { outcome: 'either' });
    },
  },
];

/** How servers take the bytes of an opening request: bodies, segments, what comes with it. */
export const requestByteCases: readonly Case[] = [
  ...bodyCases,
  ...badLengthCases,
  ...segmentCases,
  ...aheadCases,
];

/** What was sent too early may be taken for a message, or lost with the connection. Nothing else may become of it. */
async function expectOpenedOrGone(wire: Wire): Promise<void> {
  const response = await wire.receiveResponse();
  if (response?.status !== 101) return;
  const event = await wire.receiveEvent({ timeoutMs: 500 });
  if (event === null) return wire.inform('the frame that came with the request was dropped');
  if (event.type !== 'message') return;
  if (event.payload.toString() !== greeting.payload) wire.fail('the message is not what was sent');
  await wire.expectEcho('text', 'once more');
  await wire.expectCloseHandshake();
}

function segments(
  id: string,
  title: string,
  send: (wire: Wire, bytes: Buffer) => Promise<void> | void,
): Case {
  return {
    id: `opening-request/segments/${id}`,
    title: `an opening request ${title}`,
    clause: 'RFC 9112 §2.2',
    group: 'opening-request',
    judges: 'server',
    start: 'connected',
    sends: `an opening request ${title}`,
    expects: 'an opened connection that echoes',
    run: async (wire) => {
      await send(wire, wire.encodeOpening());
      await wire.expectOpened();
      await wire.expectEcho('text', greeting.payload);
      await wire.expectCloseHandshake();
    },
  };
}

function body(
  id: string,
  title: string,
  clause: string,
  headers: BodyRow['headers'],
  bytes: BodyRow['body'],
): BodyRow {
  return { id, title, clause, headers, body: bytes };
}

function chunked(): Record<string, string> {
  return { 'Transfer-Encoding': 'chunked' };
}
