import { randomBytes } from 'node:crypto';

import { Opcode } from 'ieum/core';

import type { Case } from '../case.js';
import { type ResponseHead, readHead } from '../opening/head.js';
import type { OpeningChanges } from '../opening/opening-changes.js';
import { askedBy } from '../opening/opening-request.js';
import { responseFaults } from '../opening/opening-response.js';
import type { Wire } from '../wire/wire.js';

/**
 * What a peer may do with the tester's side of an opening handshake. `better-…` is what the RFC recommends: the other is
 * non-strict. `unopened` is for requests that are ordinary HTTP: any answer but one that opens will do.
 */
export type Outcome = 'accepted' | 'better-accepted' | 'either' | 'better-refused' | 'refused' | 'unopened';

/** An opening handshake that is different in one respect. */
export interface OpeningRow {
  /** The rest of the id. */
  readonly id: string;
  /** What is different, as `an opening request with …` goes on. */
  readonly title: string;
  readonly clause: string;
  readonly outcome: Outcome;
  readonly changes: OpeningChanges | ((own: OwnOpening) => OpeningChanges);
  /** Statuses that say the right thing when a server refuses. Default 400. */
  readonly statuses?: readonly number[];
  /** Default HTTP/1.1 only. */
  readonly over?: Case['over'];
  /** What is wrong with a response that accepts, as a sentence; null when nothing is. */
  readonly fault?: (response: ResponseHead) => string | null;
}

/** What an answer is judged by. */
type Judged = Pick<OpeningRow, 'outcome' | 'statuses' | 'fault' | 'over'>;

/** The opening that nothing is changed in: what rows are made from that repeat a part of it. */
export interface OwnOpening {
  /** The Host field of the tester's request. */
  readonly host: string;
  /** The path and query of the tester's request. */
  readonly target: string;
  /** The key of the client, when the tester is server. */
  readonly key: string;
}

/** Cases that judge servers by one request each. */
export function requestCases(prefix: string, rows: readonly OpeningRow[]): Case[] {
  return rows.map((row) => ({
    id: `${prefix}/${row.id}`,
    title: `an opening request with ${row.title}`,
    clause: row.clause,
    group: prefix.split('/')[0] as string,
    judges: 'server',
    start: 'connected',
    sends: `an opening request with ${row.title}`,
    expects: expectations[row.outcome],
    ...(row.over === undefined ? {} : { over: row.over }),
    run: async (wire) => {
      await expectServerOutcome(wire, changesOf(wire, row), row);
    },
  }));
}

/** Cases that judge clients by one response each. */
export function responseCases(prefix: string, rows: readonly OpeningRow[]): Case[] {
  return rows.map((row) => ({
    id: `${prefix}/${row.id}`,
    title: `an opening response with ${row.title}`,
    clause: row.clause,
    group: prefix.split('/')[0] as string,
    judges: 'client',
    start: 'connected',
    sends: `an opening response with ${row.title}, and a text message right behind it`,
    expects: expectations[row.outcome],
    ...(row.over === undefined ? {} : { over: row.over }),
    run: async (wire) => {
      const { body = '', ...changes } = changesOf(wire, row);
      wire.sendOpening({ ...changes, body: bodyWith(body, wire.encodeFrame(greeting)) });
      await expectClientOutcome(wire, row.outcome);
    },
  }));
}

/** The server's answer to a request with these changes is one that the outcome allows. Tells whether it accepted. */
export async function expectServerOutcome(
  wire: Wire,
  changes: OpeningChanges,
  judged: Judged,
): Promise<boolean> {
  // Over HTTP/2 there is no key (RFC 8441 §5); where a case runs over both, what answers the key is judged by others.
  const key = judged.over === undefined ? { 'Sec-WebSocket-Key': randomBytes(16).toString('base64') } : {};
  const headers = { ...key, ...changes.headers };
  wire.sendOpening({ ...changes, headers });
  return judgeServerAnswer(wire, headers, judged);
}

/** The same, when the request was sent in another way. @param headers the fields that the answer depends on */
export async function judgeServerAnswer(
  wire: Wire,
  headers: NonNullable<OpeningChanges['headers']>,
  { outcome, statuses = [400], fault = () => null, over }: Judged,
): Promise<boolean> {
  let response = await wire.receiveResponse();
  while (response !== null && isInterim(response.status)) response = await wire.receiveResponse();
  if (response === null || !isOpened(response)) {
    judgeRefusal(wire, response?.status ?? null, { outcome, statuses });
    return false;
  }
  judgeAcceptance(wire, outcome);
  const fields = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === null ? [] : typeof value === 'string' ? [[name, value]] : value.map((one) => [name, one]),
  );
  const asked = askedBy(fields);
  const more = fault(response);
  const faults = responseFaults(response, {
    ...asked,
    key: over === undefined ? (asked.key ?? '').trim() : null,
  });
  if (more !== null) faults.push(more);
  if (faults.length > 0) wire.fail(faults.join('; '));
  await wire.expectEcho('text', greeting.payload);
  await wire.expectCloseHandshake();
  return true;
}

/** A client whose response and first message were sent: it uses the connection, or ends it, as the outcome allows. */
export async function expectClientOutcome(wire: Wire, outcome: Outcome): Promise<void> {
  if (outcome === 'accepted') {
    await wire.expectMessage('text', greeting.payload);
    return wire.expectCloseHandshake();
  }
  if (outcome === 'refused') return wire.expectRefused();
  if (outcome === 'unopened') return expectLeftUnopened(wire);
  const event = await wire.receiveEvent();
  if (event === null) wire.fail('the client neither used the connection nor ended it');
  if (event.type === 'message') {
    judgeAcceptance(wire, outcome);
    return wire.expectCloseHandshake();
  }
  if (outcome === 'better-accepted') wire.nonStrict('the client refused what it should accept');
  if (event.type === 'close') await wire.expectEnd();
}

/** A client that was told by HTTP that there is no WebSocket: no frame of it may come, and it goes when the server goes. */
async function expectLeftUnopened(wire: Wire): Promise<void> {
  let event = await wire.receiveEvent({ timeoutMs: reactionMs });
  if (event === null) {
    wire.halfClose();
    event = await wire.receiveEvent();
  }
  if (event === null) wire.nonStrict('the client left the connection open (RFC 6455 §4.1)');
  else if (event.type === 'message')
    wire.fail('the client opened a WebSocket that was refused (RFC 6455 §4.1)');
}

function judgeAcceptance(wire: Wire, outcome: Outcome): void {
  if (outcome === 'refused' || outcome === 'unopened') wire.fail('the opening handshake was accepted');
  if (outcome === 'better-refused') wire.nonStrict('the opening handshake was accepted');
}

function judgeRefusal(
  wire: Wire,
  status: number | null,
  { outcome, statuses }: { outcome: Outcome; statuses: readonly number[] },
): void {
  const answer = status === null ? 'the connection was ended without a response' : `the status is ${status}`;
  if (outcome === 'accepted') wire.fail(`${answer}: the opening handshake was not accepted`);
  if (outcome === 'better-accepted') wire.nonStrict(`${answer}: the opening handshake was not accepted`);
  if (outcome === 'unopened' || outcome === 'either' || outcome === 'better-accepted') return;
  if (status !== null && status < 400) wire.fail(`${answer}, not one of an error`);
  if (status === null || !statuses.includes(status)) {
    wire.nonStrict(`${answer}, not ${statuses.join(' or ')}`);
  }
}

function changesOf(wire: Wire, { changes }: OpeningRow): OpeningChanges {
  return typeof changes === 'function' ? changes(ownOpening(wire)) : changes;
}

/** What rows are made from. */
function ownOpening(wire: Wire): OwnOpening {
  if (wire.tester === 'server') {
    const { headers, target } = wire.request;
    return { host: headers.get('Host') ?? '', target, key: headers.get('Sec-WebSocket-Key') ?? '' };
  }
  const head = readHead(wire.encodeOpening());
  const target = head?.startLine.split(' ')[1] ?? '/';
  return { host: head?.headers.get('Host') ?? '', target, key: '' };
}

function bodyWith(body: string | Uint8Array, frame: Uint8Array): Uint8Array {
  const before = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const joined = new Uint8Array(before.length + frame.length);
  joined.set(before);
  joined.set(frame, before.length);
  return joined;
}

/** Over HTTP/2 there is no first line, and every 2xx opens (RFC 8441 §5). */
export function isOpened({ status, startLine }: ResponseHead): boolean {
  return startLine === '' ? status >= 200 && status < 300 : status === 101;
}

function isInterim(status: number): boolean {
  return status >= 100 && status < 200 && status !== 101;
}

/** What is sent to see whether a connection is open. */
export const greeting: { readonly opcode: number; readonly payload: string } = {
  opcode: Opcode.Text,
  payload: 'Hello',
};

const reactionMs = 300;
const expectations: Readonly<Record<Outcome, string>> = {
  accepted: 'an opened connection that echoes',
  'better-accepted': 'an opened connection that echoes',
  either: 'an opened connection that echoes, or a refusal',
  'better-refused': 'a refusal',
  refused: 'a refusal',
  unopened: 'no opened connection',
};
