import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../testing/index.js';

import {
  type ClientPacket,
  decodeArgs,
  type EncodedPacket,
  encodeArgs,
  encodeEvent,
  encodePacket,
  type Incomplete,
  PacketDecoder,
  type PacketViolation,
  withLastArgument,
} from './index.js';

type Decoded = ClientPacket | Incomplete | PacketViolation;

function decode(...messages: readonly (string | Uint8Array)[]): Decoded {
  const decoder = new PacketDecoder();
  return messages.map((message) => decoder.receive(message)).at(-1) as Decoded;
}

function messagesOf({ text, attachments }: EncodedPacket): readonly (string | Uint8Array)[] {
  return [text, ...attachments];
}

describe('what clients send', () => {
  test.each<[string, ClientPacket]>([
    ['0', { type: 'connect', namespace: '/', auth: {} }],
    ['0{"token":"123"}', { type: 'connect', namespace: '/', auth: { token: '123' } }],
    ['0/admin', { type: 'connect', namespace: '/admin', auth: {} }],
    ['0/admin,', { type: 'connect', namespace: '/admin', auth: {} }],
    ['0/admin,{"a":1}', { type: 'connect', namespace: '/admin', auth: { a: 1 } }],
    ['1', { type: 'disconnect', namespace: '/' }],
    ['1/admin,', { type: 'disconnect', namespace: '/admin' }],
    ['2["hey"]', { type: 'event', namespace: '/', id: null, args: ['hey'] }],
    ['2[7,"a"]', { type: 'event', namespace: '/', id: null, args: [7, 'a'] }],
    ['213["hey",{"a":[]}]', { type: 'event', namespace: '/', id: 13, args: ['hey', { a: [] }] }],
    ['2/admin,0["hey"]', { type: 'event', namespace: '/admin', id: 0, args: ['hey'] }],
    ['30[]', { type: 'ack', namespace: '/', id: 0, args: [] }],
    ['3/admin,456["a"]', { type: 'ack', namespace: '/admin', id: 456, args: ['a'] }],
    ['50-["hey"]', { type: 'event', namespace: '/', id: null, args: ['hey'] }],
    ['60-1[]', { type: 'ack', namespace: '/', id: 1, args: [] }],
  ])('%s', (text, packet) => {
    expect(decode(text)).toEqual(packet);
  });

  const [a, b] = [Buffer.of(1), Buffer.of(2)];
  const [first, second] = ['{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":1}'];

  test('attachments stand where their placeholders are, in any order and at any depth', () => {
    expect(decode(`52-/n,7["x",[${second}],{"a":{"b":${first}}}]`, a, b)).toEqual({
      type: 'event',
      namespace: '/n',
      id: 7,
      args: ['x', [b], { a: { b: a } }],
    });
    expect(decode(`61-3[${first}]`, a)).toEqual({ type: 'ack', namespace: '/', id: 3, args: [a] });
  });

  test('a packet is whole with its last attachment, and another one may follow', () => {
    const decoder = new PacketDecoder();
    expect(decoder.receive(`52-["x",${first},${second}]`)).toEqual({ type: 'incomplete' });
    expect(decoder.receive(a)).toEqual({ type: 'incomplete' });
    expect(decoder.receive(b)).toMatchObject({ args: ['x', a, b] });
    expect(decoder.receive('2["y"]')).toMatchObject({ args: ['y'] });
  });

  test.each([
    '',
    'a',
    '7',
    '9["a"]',
    'abc',
    '2',
    '2{}',
    '2[]',
    '2[null]',
    '2[{}]',
    '2[true]',
    '2"hey"',
    '2abc',
    '2["a"',
    '2["a"]x',
    '2-1["a"]',
    '2abc["message",1]',
    '29999999999999999["a"]',
    '2/admin',
    '3["a"]',
    '31{}',
    '31',
    '0[]',
    '0"a"',
    '0null',
    '1{}',
    '1/admin,[]',
    '4{"message":"no"}',
    '5["a"]',
    '5-["a"]',
    '5a-["a"]',
    '51["a"]',
    '511-["a"]',
    '599999999999999999999-["a"]',
    '5-1-["a"]',
    '51.5-["a"]',
    `0/${'n'.repeat(256)},`,
    ...['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'].map(
      (name) => `2["${name}"]`,
    ),
  ])('%j is no packet', (text) => {
    expect(decode(text).type).toBe('violation');
  });

  test.each([
    ['another attachment than announced', ['51-["x"]', a]],
    ['a text instead of an attachment', [`51-["x",${first}]`, '2["y"]']],
    ['an attachment that nothing announced', [a]],
    ['one attachment too many', [`51-["x",${first}]`, a, b]],
    ['the same attachment twice', [`51-["x",${first},${first}]`, a]],
    ['the number of no attachment', [`51-["x",${second}]`, a]],
    ...['-1', '0.5', '1e9', '"0"', '"splice"', '"__proto__"', 'null', '{}', '[0]', 'true'].map(
      (num): [string, (string | Uint8Array)[]] => [
        `a placeholder numbered ${num}`,
        [`51-["x",{"_placeholder":true,"num":${num}}]`, a],
      ],
    ),
    ['a placeholder without a number', ['51-["x",{"_placeholder":true}]', a]],
    ['a placeholder where there is no attachment', [`50-["x",${first}]`]],
  ] satisfies [string, (string | Uint8Array)[]][])('%s is a violation', (_what, messages) => {
    expect(decode(...messages).type).toBe('violation');
  });

  test('what looks like a placeholder in a packet without attachments is data', () => {
    expect(decode(`2["x",${first}]`)).toMatchObject({ args: ['x', { _placeholder: true, num: 0 }] });
  });
});

describe('CVE-2022-2421, CVE-2026-33151, CVE-2024-38355, CVE-2023-32695', () => {
  test('the name of a method is the number of no attachment', () => {
    const forged = '{"_placeholder":true,"num":"splice"}';
    expect(decode(`51-["x",${forged}]`, Buffer.of(1)).type).toBe('violation');
  });

  test('nothing is kept for an announced count of attachments beyond the limit', () => {
    expect(decode('5100000-["x"]').type).toBe('violation');
    const decoder = new PacketDecoder({ maxAttachments: 1 });
    expect(decoder.receive('52-["x"]').type).toBe('violation');
  });

  test('an event that sockets tell themselves comes from no client', () => {
    expect(decode('2["error",1]').type).toBe('event');
    expect(decode('2["connect_error",1]').type).toBe('violation');
  });

  test('a name that is an object or a function of a prototype is none, or a plain one', () => {
    expect(decode('2[{"toString":"foo"}]').type).toBe('violation');
    expect(decode('2["toString"]')).toMatchObject({ args: ['toString'] });
  });

  test('keys of prototypes are keys', () => {
    const decoded = decode(
      '51-["x",{"__proto__":{"_placeholder":true,"num":0},"constructor":{"prototype":{"a":1}}}]',
      Buffer.of(7),
    ) as Extract<ClientPacket, { type: 'event' }>;
    const value = decoded.args[1] as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toEqual(Buffer.of(7));
    expect('a' in {}).toBe(false);
  });
});

test('a packet is no deeper than the limit, whatever its strings hold', () => {
  const deep = (levels: number) => `2["x",${'['.repeat(levels)}${']'.repeat(levels)}]`;
  expect(decode(deep(511)).type).toBe('event');
  expect(decode(deep(512)).type).toBe('violation');
  expect(decode(deep(300_000)).type).toBe('violation');
  expect(decode(`51-["x",${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}]`).type).toBe('violation');
  expect(decode(`2["x","${'[{\\"'.repeat(2_000)}"]`).type).toBe('event');
});

describe('what servers send', () => {
  test.each([
    [{ type: 'connect', namespace: '/', sid: 'a' } as const, '0{"sid":"a"}'],
    [{ type: 'connect', namespace: '/n', sid: 'a', pid: 'b' } as const, '0/n,{"sid":"a","pid":"b"}'],
    [{ type: 'disconnect', namespace: '/n' } as const, '1/n,'],
    [{ type: 'connect-error', namespace: '/', message: 'no' } as const, '4{"message":"no"}'],
    [
      { type: 'connect-error', namespace: '/n', message: 'no', data: [1] } as const,
      '4/n,{"message":"no","data":[1]}',
    ],
    [{ type: 'event', namespace: '/', id: null, args: ['a', undefined] } as const, '2["a",null]'],
    [{ type: 'event', namespace: '/n', id: 12, args: ['a'] } as const, '2/n,12["a"]'],
    [{ type: 'ack', namespace: '/', id: 0, args: [] } as const, '30[]'],
  ])('%j', (packet, text) => {
    expect(encodePacket(packet)).toEqual({ text, attachments: [] });
  });

  test('bytes of every kind are attachments, exactly the part that a view shows', () => {
    const bytes = Uint8Array.of(9, 1, 2, 3, 4, 9);
    const args = [
      'x',
      bytes.subarray(1, 3),
      { a: [bytes.buffer.slice(1, 3), Buffer.of(5)] },
      new DataView(bytes.buffer, 1, 1),
    ];
    const { text, attachments } = encodePacket({ type: 'event', namespace: '/', id: 1, args });
    expect(text).toBe(
      '54-1["x",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]},{"_placeholder":true,"num":3}]',
    );
    expect(attachments.map((attachment) => [...attachment])).toEqual([[1, 2], [1, 2], [5], [1]]);
  });

  test('what toJSON gives is sent, bytes in it as well', () => {
    const value = { toJSON: () => ({ at: new Date(0), data: Uint8Array.of(1) }) };
    expect(encodePacket({ type: 'event', namespace: '/', id: null, args: ['x', value] })).toEqual({
      text: '51-["x",{"at":"1970-01-01T00:00:00.000Z","data":{"_placeholder":true,"num":0}}]',
      attachments: [Uint8Array.of(1)],
    });
  });

  test('what JSON cannot hold is refused', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const value of [circle, 1n]) {
      expect(() => encodePacket({ type: 'event', namespace: '/', id: null, args: ['x', value] })).toThrow(
        TypeError,
      );
    }
  });

  test('one more argument is put behind the others', () => {
    const args = withLastArgument(encodeArgs(['x', Buffer.of(1)]), '12-"é');
    expect(decodeArgs(args)).toEqual(['x', Buffer.of(1), '12-"é']);
    expect(decode(...messagesOf(encodeEvent('/n', null, args)))).toMatchObject({
      args: ['x', Buffer.of(1), '12-"é'],
    });
  });
});

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 2 }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

test('what one side encodes the other decodes', () => {
  const packets = fc.record({
    namespace: fc.constantFrom('/', '/admin', '/a/b'),
    id: fc.option(fc.nat()),
    args: fc.tuple(fc.constantFrom('hey', '', 'ünï', 4), values),
  });
  fc.assert(
    fc.property(packets, (packet) => {
      const encoded = encodePacket({ type: 'event', ...packet });
      fc.pre(encoded.attachments.length <= 10);
      const decoded = decode(...messagesOf(encoded)) as Extract<ClientPacket, { type: 'event' }>;
      expect(decoded.type).toBe('event');
      expect(JSON.stringify(decoded.args)).toBe(JSON.stringify(packet.args));
    }),
  );
});

test('whatever comes in whatever pieces is a packet, a part of one or a violation', () => {
  const random = seededRandom(20);
  const parts = [
    '0',
    '2',
    '3',
    '5',
    '6',
    '1-',
    '2-',
    '/',
    '/a,',
    '7',
    '["x"',
    ',{"_placeholder":true,"num":0}',
    ']',
    '{',
    '}',
    '"',
    'é',
    '\\',
  ];
  for (let round = 0; round < 3_000; round++) {
    const decoder = new PacketDecoder();
    for (let message = 0; message < 4; message++) {
      let text = '';
      const count = random.below(8);
      for (let i = 0; i < count; i++) text += parts[random.below(parts.length)];
      const decoded = decoder.receive(random.below(4) === 0 ? random.bytes(random.below(9)) : text);
      expect(['connect', 'disconnect', 'event', 'ack', 'incomplete', 'violation']).toContain(decoded.type);
      if (decoded.type === 'violation') break;
    }
  }
});
