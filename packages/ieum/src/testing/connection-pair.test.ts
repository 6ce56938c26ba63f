import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { checkClose } from '../core/close.js';
import { Connection } from '../core/connection.js';
import type { ConnectionOptions } from '../core/connection-options.js';

import { coalesced, oneByte, random } from './chunker.js';
import { type LinkOptions, link } from './connection-pair.js';
import { FakeClock } from './fake-clock.js';
import { plainEvent } from './plain-event.js';
import { seededRandom } from './seeded-random.js';

function pairOf(
  options: LinkOptions & { both?: Partial<ConnectionOptions>; a?: Partial<ConnectionOptions> } = {},
) {
  const clock = options.clock ?? new FakeClock();
  const keys = seededRandom(1);
  const client = new Connection(
    { role: 'client', maskingKeys: keys.uint32, ...options.both, ...options.a },
    clock.now(),
  );
  const server = new Connection({ role: 'server', ...options.both }, clock.now());
  return link(client, server, { ...options, clock });
}

describe.each([
  ['coalesced', coalesced],
  ['one byte at a time', oneByte],
  ['cut at random', random(5)],
])('a wire %s', (_name, chunker) => {
  test('carries messages both ways and ends with a clean close on both sides', () => {
    const pair = pairOf({ chunker });
    pair.a.connection.send('to the server');
    pair.b.connection.send(Buffer.from('abc'));
    pair.settle();
    pair.a.connection.sendClose(checkClose(1000, 'done'), pair.clock.now());
    pair.settle();
    expect(pair.b.events.map(plainEvent)).toEqual([
      'text "to the server" in 1',
      'closing 1000 "done"',
      'closed 1000 closing-handshake clean',
    ]);
    expect(pair.a.events.map(plainEvent)).toEqual([
      'binary 616263 in 1',
      'closing 1000 ""',
      'closed 1000 closing-handshake clean',
    ]);
  });
});

test('a side that handles its events may answer them', () => {
  const pair = pairOf();
  pair.b.handleEvent = (event) => {
    if (event.type === 'text') pair.b.connection.send(event);
  };
  pair.a.connection.send('echo');
  pair.settle();
  expect(pair.a.events.map(plainEvent)).toEqual(['text "echo" in 1']);
  expect(pair.b.events).toEqual([]);
});

test('a side that does not read holds the other side up until it reads again', () => {
  const pair = pairOf({ chunker: oneByte });
  pair.b.stopReading();
  pair.a.connection.send('held');
  pair.settle();
  expect(pair.b.events).toEqual([]);
  expect(pair.a.inFlight.length).toBe(pair.a.sentBytes);
  expect(pair.a.connection.deadline()).toBe(60_000);
  pair.b.startReading();
  expect(pair.b.events.map(plainEvent)).toEqual(['text "held" in 1']);
  expect(pair.a.connection.deadline()).toBe(Number.POSITIVE_INFINITY);
});

test('deadlines run as the clock advances', () => {
  const pair = pairOf({ a: { keepalive: { intervalMs: 100, graceMs: 50 } } });
  pair.advance(1_000);
  expect(pair.a.connection.state).toBe('open');
  expect(new Set(pair.b.events.map(plainEvent))).toEqual(new Set(['ping ']));
  pair.b.stopReading();
  pair.a.stopReading();
  pair.a.startReading();
  pair.advance(1_000);
  expect(pair.a.events.map(plainEvent).at(-1)).toBe('closed 1006 timeout unclean');
});

test('an abort loses what is under way and reaches the other side as an error', () => {
  const pair = pairOf();
  pair.b.stopReading();
  pair.a.connection.send('lost');
  pair.settle();
  pair.a.connection.abort();
  pair.settle();
  expect(pair.a.events.map(plainEvent)).toEqual(['closed 1006 terminated unclean']);
  expect(pair.b.events.map(plainEvent)).toEqual(['closed 1006 transport unclean']);
});

test('a cut wire is an error on both sides', () => {
  const pair = pairOf();
  pair.cut();
  pair.a.connection.send('nothing moves');
  pair.settle();
  expect(pair.a.events.map(plainEvent)).toEqual(['closed 1006 transport unclean']);
  expect(pair.b.events.map(plainEvent)).toEqual(['closed 1006 transport unclean']);
});
