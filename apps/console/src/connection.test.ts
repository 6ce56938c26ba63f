import { expect, test } from 'vitest';

import { type ConnectionEvent, type ConnectionState, reduceConnection } from './connection.js';

const CONNECT = { type: 'connect', target: { url: 'ws://other.test/', subprotocols: ['v1'] } } as const;
const OPEN = { type: 'open', subprotocol: 'v1', extensions: 'permessage-deflate', nowMs: 100 } as const;
const CLOSED = { type: 'closed', code: 1000, reason: '', wasClean: true, nowMs: 500 } as const;

const after = (...events: ConnectionEvent[]): ConnectionState =>
  events.reduce(reduceConnection, { type: 'idle' } as ConnectionState);

test('an open connection knows what was negotiated', () => {
  expect(after(CONNECT, OPEN)).toEqual({
    type: 'open',
    target: CONNECT.target,
    subprotocol: 'v1',
    extensions: 'permessage-deflate',
    openedAtMs: 100,
  });
});

test('a close the server began was not by the page', () => {
  expect(after(CONNECT, OPEN, CLOSED)).toMatchObject({ type: 'closed', closedByPage: false, openMs: 400 });
});

test('a close the page began was by the page', () => {
  expect(after(CONNECT, OPEN, { type: 'close-sent' }, CLOSED)).toMatchObject({
    type: 'closed',
    closedByPage: true,
    openMs: 400,
  });
});

test('a connection that never opened has no duration', () => {
  expect(after(CONNECT, CLOSED)).toMatchObject({ type: 'closed', openMs: undefined });
  expect(after(CONNECT, { type: 'close-sent' }, CLOSED)).toMatchObject({
    closedByPage: true,
    openMs: undefined,
  });
});

test('connecting again starts afresh', () => {
  expect(after(CONNECT, OPEN, CLOSED, CONNECT)).toEqual({ type: 'connecting', target: CONNECT.target });
});

test.each<[string, ConnectionEvent[], ConnectionEvent]>([
  ['open before connect', [], { type: 'open', subprotocol: '', extensions: '', nowMs: 0 }],
  ['closed before connect', [], { type: 'closed', code: 1000, reason: '', wasClean: true, nowMs: 0 }],
  ['refuse while open', [CONNECT, OPEN], { type: 'refuse', words: '' }],
  ['close sent twice', [CONNECT, OPEN, { type: 'close-sent' }], { type: 'close-sent' }],
])('%s changes nothing', (_, events, impossible) => {
  const state = after(...events);
  expect(reduceConnection(state, impossible)).toBe(state);
});

test('what a plain GET came to belongs to a closed connection, and to no other', () => {
  const asked = { type: 'http-asked', answer: { type: 'answered', status: 404 } } as const;
  expect(after(CONNECT, CLOSED, asked)).toEqual({ ...after(CONNECT, CLOSED), httpAnswer: asked.answer });
  expect(after(CONNECT, CLOSED, asked, CONNECT, CLOSED)).toEqual(after(CONNECT, CLOSED));
  expect(after(CONNECT, asked)).toEqual(after(CONNECT));
});
