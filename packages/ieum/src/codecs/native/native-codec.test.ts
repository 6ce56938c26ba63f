import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../testing/seeded-random.js';
import {
  type ClientMessage,
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
  type ServerMessage,
} from './index.js';

const id = fc.maxSafeNat();
const text = fc.string({ unit: 'binary' });
const position = fc.record({ offset: fc.maxSafeNat(), epoch: text });
const headers = fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor')), text);
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const members = fc.array(fc.record({ user: text, info: json }));
const content = fc.oneof(
  json.map((value) => ({ format: 'json' as const, payload: Buffer.from(JSON.stringify(value)) })),
  text.map((value) => ({ format: 'text' as const, payload: Buffer.from(value) })),
  fc.uint8Array().map((payload) => ({ format: 'binary' as const, payload: Buffer.from(payload) })),
);

type Arbitraries = Record<string, fc.Arbitrary<unknown>>;

/** Messages of a type; fields named in `optional` are left out now and then. */
function message<Message>(
  type: string,
  fields: Arbitraries,
  optional: Arbitraries = {},
): fc.Arbitrary<Message> {
  const required = ['type', ...Object.keys(fields)];
  const model: Arbitraries = { type: fc.constant(type), ...fields, ...optional };
  return fc.record(model, { requiredKeys: required }) as fc.Arbitrary<Message>;
}

const clientMessages = fc.oneof(
  message<ClientMessage>('connect', {}, { token: text, client: text }),
  message<ClientMessage>('authenticate', { id, token: text }),
  message<ClientMessage>('subscribe', { id, topic: text }, { since: position, presence: fc.boolean() }),
  message<ClientMessage>('unsubscribe', { id, topic: text }),
  message<ClientMessage>('publish', { topic: text, content }, { id, key: text, headers }),
  message<ClientMessage>('history', { id, topic: text, limit: fc.integer({ min: 1 }) }, { since: position }),
  message<ClientMessage>('presence', { id, topic: text }),
  message<ClientMessage>('request', { id, method: text }, { data: json }),
  message<ClientMessage>('cancel', { id }),
  message<ClientMessage>('response', { id }, { data: json }),
  message<ClientMessage>('error', { id, code: text }, { message: text }),
  message<ClientMessage>('ping', {}, { id }),
);

const nullable = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const count = fc.nat();
const published = { topic: text, at: count, content };
const publishedToo = { offset: count, epoch: text, publisher: text, headers };
const serverMessages = fc.oneof(
  message<ServerMessage>(
    'connected',
    {
      session: text,
      name: nullable(text),
      limits: fc.record({ maxRequests: count, maxPending: count, maxHistory: count }),
    },
    { expiresInMs: count },
  ),
  message<ServerMessage>('authenticated', { id, name: nullable(text) }, { expiresInMs: count }),
  message<ServerMessage>('expiring', { inMs: count }),
  message<ServerMessage>(
    'subscribed',
    { id, position: nullable(position), recovery: fc.constantFrom('fresh', 'recovered', 'gap') },
    { members },
  ),
  message<ServerMessage>('unsubscribed', { id }),
  message<ServerMessage>('ended', { topic: text, code: text }),
  message<ServerMessage>(
    'published',
    { id, isDuplicate: fc.boolean(), delivered: count, queued: count, dropped: count },
    { offset: count, epoch: text },
  ),
  message<ServerMessage>('message', published, publishedToo),
  message<ServerMessage>('publication', { id, ...published }, publishedToo),
  message<ServerMessage>('history', { id, position, isContinuous: fc.boolean(), count }),
  message<ServerMessage>(
    'gap',
    {
      topic: text,
      reason: fc.constantFrom('expired', 'epoch', 'broker', 'slow-reader'),
      position: nullable(position),
      missed: nullable(count),
    },
    { snapshot: json },
  ),
  message<ServerMessage>('presence', { id, members }),
  message<ServerMessage>('presence-changed', { topic: text, joined: members, left: members }),
  message<ServerMessage>('request', { id, method: text }, { data: json }),
  message<ServerMessage>('cancel', { id }),
  message<ServerMessage>('response', { id }, { data: json }),
  message<ServerMessage>('error', { id: nullable(id), code: text, message: text }),
  message<ServerMessage>('pong', {}, { id }),
  message<ServerMessage>(
    'closing',
    { code: fc.integer({ min: 1000 }), reason: text },
    { retryAfterMs: count },
  ),
);

/** The same with payloads that compare by their bytes. */
function plain(decoded: object): object {
  const { content: found, ...fields } = decoded as { content?: { format: string; payload: Uint8Array } };
  if (found === undefined) return fields;
  return { ...fields, content: [found.format, Buffer.from(found.payload).toString('latin1')] };
}

test('what a client says arrives as it was said', () => {
  fc.assert(
    fc.property(clientMessages, (sent) => {
      expect(plain(decodeClientMessage(encodeClientMessage(sent)))).toEqual(plain(sent));
    }),
    { numRuns: 500 },
  );
});

test('what a server says arrives as it was said', () => {
  fc.assert(
    fc.property(serverMessages, (sent) => {
      expect(plain(decodeServerMessage(encodeServerMessage(sent)))).toEqual(plain(sent));
    }),
    { numRuns: 500 },
  );
});

describe('what a client says wrongly', () => {
  test.each([
    ['no type', '{"id":1}', 1],
    ['a type that is no string', '{"type":1,"id":1}', 1],
    ['an unknown type', '{"type":"shout","id":2}', 2],
    ['a type of Object.prototype', '{"type":"constructor","id":3}', 3],
    ['a type by its prototype', '{"__proto__":{"type":"ping"},"id":4}', 4],
    ['a message of servers', '{"type":"subscribed","id":5,"position":null,"recovery":"fresh"}', 5],
    ['an id that is missing', '{"type":"subscribe","topic":"a"}', null],
    ['an id below zero', '{"type":"subscribe","id":-1,"topic":"a"}', null],
    ['an id with parts', '{"type":"subscribe","id":1.5,"topic":"a"}', null],
    ['an id that is too large', '{"type":"subscribe","id":9007199254740992,"topic":"a"}', null],
    ['an id as a string', '{"type":"subscribe","id":"1","topic":"a"}', null],
    ['a topic that is missing', '{"type":"subscribe","id":6}', 6],
    ['a topic that is null', '{"type":"subscribe","id":6,"topic":null}', 6],
    ['a topic that is a list', '{"type":"subscribe","id":6,"topic":["a"]}', 6],
    ['a position without an epoch', '{"type":"subscribe","id":7,"topic":"a","since":{"offset":1}}', 7],
    [
      'a position by prototype',
      '{"type":"history","id":7,"topic":"a","limit":1,"since":{"__proto__":{"offset":1,"epoch":"e"}}}',
      7,
    ],
    ['a position that is a list', '{"type":"subscribe","id":7,"topic":"a","since":[1,"e"]}', 7],
    ['an offset below zero', '{"type":"subscribe","id":7,"topic":"a","since":{"offset":-1,"epoch":"e"}}', 7],
    ['a flag that is no boolean', '{"type":"subscribe","id":8,"topic":"a","presence":1}', 8],
    ['a limit of zero', '{"type":"history","id":9,"topic":"a","limit":0}', 9],
    ['a limit that is missing', '{"type":"history","id":9,"topic":"a"}', 9],
    ['no data', '{"type":"publish","id":10,"topic":"a"}', 10],
    ['an unknown format', '{"type":"publish","id":10,"topic":"a","format":"xml","data":1}', 10],
    [
      'binary data in a text message',
      '{"type":"publish","id":10,"topic":"a","format":"binary","data":"AA=="}',
      10,
    ],
    ['text that is no string', '{"type":"publish","id":10,"topic":"a","format":"text","data":1}', 10],
    [
      'text with half a surrogate pair',
      '{"type":"publish","id":10,"topic":"a","format":"text","data":"\\ud800"}',
      10,
    ],
    ['a header that is no string', '{"type":"publish","id":11,"topic":"a","data":1,"headers":{"a":1}}', 11],
    ['headers in a list', '{"type":"publish","id":11,"topic":"a","data":1,"headers":["a"]}', 11],
    ['a token that is no string', '{"type":"connect","token":{"a":1}}', null],
  ])('%s is a violation that names the message', (_name, data, expected) => {
    expect(decodeClientMessage(data)).toMatchObject({ type: 'violation', id: expected });
  });

  test.each([
    ['a binary message that carries no content', '{"type":"ping","id":1}'],
    ['data in a binary message too', '{"type":"publish","id":1,"topic":"a","data":1}'],
    ['text in a binary message', '{"type":"publish","id":1,"topic":"a","format":"text"}'],
  ])('%s is a violation', (_name, head) => {
    const data = Buffer.concat([Buffer.from([0, head.length]), Buffer.from(head), Buffer.from('x')]);
    expect(decodeClientMessage(data)).toMatchObject({ type: 'violation', id: 1 });
  });
});

test('fields that nobody knows are left out, and optional ones may be null', () => {
  expect(
    decodeClientMessage('{"type":"subscribe","id":1,"topic":"a","since":null,"color":"red","data":1}'),
  ).toEqual({
    type: 'subscribe',
    id: 1,
    topic: 'a',
  });
});

test('headers named like parts of Object.prototype are headers, and change nothing else', () => {
  const decoded = decodeClientMessage(
    '{"type":"publish","topic":"a","data":1,"headers":{"__proto__":"x","constructor":"y"}}',
  );
  const found = decoded.type === 'publish' ? decoded.headers : undefined;
  expect(Object.entries(found ?? {})).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
});

test('data may be as deep as the message is long', () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const decoded = decodeClientMessage(`{"type":"publish","topic":"a","data":${deep}}`);
  expect(decoded.type === 'publish' && decoded.content.payload.byteLength).toBe(400_000);
});

test('envelopes with bytes changed, cut out and doubled never throw', () => {
  const random = seededRandom(20);
  const samples = [
    fc.sample(clientMessages, { numRuns: 40, seed: 1 }).map(encodeClientMessage),
    fc.sample(serverMessages, { numRuns: 40, seed: 2 }).map(encodeServerMessage),
  ].flat();
  const kinds = new Set<string>();
  for (let round = 0; round < 8_000; round++) {
    const sample = samples[random.below(samples.length)] as string | Uint8Array;
    const mutated = mutate(Buffer.from(sample as string), random.below);
    const data = typeof sample === 'string' ? mutated.toString() : mutated;
    kinds.add(decodeClientMessage(data).type).add(decodeServerMessage(data).type);
  }
  expect(kinds.size).toBeGreaterThan(20);
  expect(kinds).toContain('violation');
});

function mutate(bytes: Buffer, below: (limit: number) => number): Buffer {
  const at = below(bytes.length);
  const end = Math.min(at + 1 + below(4), bytes.length);
  switch (below(4)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(['{', '"', ',', '\\', '9'][below(5)] as string),
        bytes.subarray(at),
      ]);
    default: {
      const changed = Buffer.from(bytes);
      changed[at] = below(256);
      return changed;
    }
  }
}
