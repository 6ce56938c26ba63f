import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { decodeFrames } from '../testing/pull.js';
import { ConnectionSettings } from './connection-options.js';
import type { MessageExtension } from './extension.js';
import { BinaryMessage, TextMessage } from './message.js';
import { MessageSender } from './message-sender.js';
import { type Outgoing, prepareMessage } from './outgoing.js';
import { OutputBuffer } from './output-buffer.js';

/** A toy that turns payloads round; `!` at the front it leaves, and ten bytes and more it does later. Counts. */
class Reverse implements MessageExtension {
  readonly name = 'x-reverse';
  readonly rsv = 4;
  readonly sharedEncoding: string | null;
  encoded = 0;
  readonly sent: string[] = [];

  constructor(sharedEncoding: string | null) {
    this.sharedEncoding = sharedEncoding;
  }

  decodeMessage(payload: Uint8Array): Uint8Array {
    return payload;
  }

  encodeMessage(payload: Uint8Array): Uint8Array | null {
    this.encoded++;
    return payload[0] === 0x21 ? null : Buffer.from(payload).reverse();
  }

  encodesLater(byteLength: number): boolean {
    return byteLength >= 10;
  }

  async encodeMessageLater(payload: Uint8Array): Promise<Uint8Array | null> {
    return this.encodeMessage(payload);
  }

  handleSent(payload: Uint8Array): void {
    this.sent.push(Buffer.from(payload).toString());
  }

  close(): void {}
}

function open(sharedEncoding: string | null, role: 'server' | 'client' = 'server', extends_ = true) {
  const extension = new Reverse(sharedEncoding);
  const output = new OutputBuffer();
  const keys = role === 'client' ? { maskingKeys: () => 0x12345678 } : {};
  const settings = new ConnectionSettings({ role, ...keys });
  const sender = new MessageSender(settings, extends_ ? extension : null);
  const frames = () =>
    decodeFrames(Buffer.concat(output.take())).map(
      ({ opcode, rsv, payload }) => `${opcode} ${rsv} ${payload}`,
    );
  return { sender, output, extension, frames };
}

const outgoing: readonly [string, () => Outgoing, string][] = [
  ['a text', () => 'abc', '1 4 cba'],
  ['bytes', () => Buffer.from('abc'), '2 4 cba'],
  ['part of a buffer', () => new DataView(Uint8Array.from(Buffer.from('xxabcxx')).buffer, 2, 3), '2 4 cba'],
  ['a received text', () => new TextMessage(Buffer.from('abc'), 1), '1 4 cba'],
  ['a received binary message', () => new BinaryMessage(Buffer.from('abc'), 1), '2 4 cba'],
  ['a prepared text', () => prepareMessage('abc'), '1 4 cba'],
  [
    'a prepared message that was received',
    () => prepareMessage(new TextMessage(Buffer.from('abc'), 3)),
    '1 4 cba',
  ],
  ['what the extension leaves', () => '!abc', '1 0 !abc'],
  ['what the extension leaves, prepared', () => prepareMessage('!abc'), '1 0 !abc'],
  ['what must not be compressed', () => prepareMessage('abc', { compress: false }), '1 0 abc'],
  ['a secret', () => prepareMessage('abc', { secret: true }), '1 0 abc'],
  [
    'a secret that may be compressed',
    () => prepareMessage('abc', { secret: true, compress: true }),
    '1 0 abc',
  ],
  [
    'a secret that was prepared again',
    () => prepareMessage(prepareMessage('abc', { secret: true })),
    '1 0 abc',
  ],
  ['what became a secret', () => prepareMessage(prepareMessage('abc'), { secret: true }), '1 0 abc'],
];

describe.each<['server' | 'client', string | null]>([
  ['server', 'reversed'],
  ['server', null],
  ['client', 'reversed'],
  ['client', null],
])('a %s whose encoding is %s sends', (role, sharedEncoding) => {
  test.each(outgoing)('%s', (_what, data, frame) => {
    const { sender, output, frames, extension } = open(sharedEncoding, role);
    sender.send(output, data());
    expect(frames()).toEqual([frame]);
    if (frame.includes(' 0 ')) expect(extension.sent).toEqual([]);
  });

  test.each(outgoing)('%s, encoded off the event loop', async (_what, data) => {
    const { sender, output, frames, extension } = open(sharedEncoding, role);
    const message = prepareMessage(data());
    if (!message.isCompressible) return expect(sender.encodesLater(message)).toBe(false);
    sender.sendEncoded(output, message, await sender.encodeLater(message));
    const later = frames();
    sender.send(output, data());
    expect(later).toEqual(frames());
    expect(extension.encoded).toBeGreaterThan(0);
  });
});

test('the extension hears of what is sent encoded, and of nothing else', async () => {
  const { sender, output, extension } = open(null);
  sender.send(output, 'one');
  sender.send(output, '!two');
  sender.send(output, prepareMessage('three', { secret: true }));
  sender.sendControl(output, 9, Buffer.from('ping'));
  const late = prepareMessage('four four four');
  const unused = prepareMessage('five five five');
  await sender.encodeLater(unused);
  sender.sendEncoded(output, late, await sender.encodeLater(late));
  const left = prepareMessage('!six six six');
  sender.sendEncoded(output, left, await sender.encodeLater(left));
  expect(extension.sent).toEqual(['one', 'four four four']);
});

describe('off the event loop', () => {
  test.each<[string, Outgoing, boolean]>([
    ['a short text', '123456789', false],
    ['a long text', '1234567890', true],
    ['a text that is long in UTF-8 only', 'éééééé', true],
    ['no text', '', false],
    ['bytes', Buffer.alloc(10), true],
    ['few bytes', Buffer.alloc(9), false],
    ['a received message', new BinaryMessage(Buffer.alloc(10), 1), true],
    ['a prepared message', prepareMessage(Buffer.alloc(10)), true],
    ['a long secret', prepareMessage(Buffer.alloc(10), { secret: true }), false],
  ])('%s', (_what, data, isLater) => {
    expect(open('reversed').sender.encodesLater(data)).toBe(isLater);
    expect(open(null).sender.encodesLater(data)).toBe(isLater);
    expect(open(null, 'server', false).sender.encodesLater(data)).toBe(false);
  });

  test('nothing that another connection has encoded already', () => {
    const message = prepareMessage('0123456789');
    const [first, second, other] = [open('reversed'), open('reversed'), open('another')];
    first.sender.sendEncoded(first.output, message, Buffer.from('x'));
    expect(second.sender.encodesLater(message)).toBe(false);
    expect(other.sender.encodesLater(message)).toBe(true);
  });
});

describe('in a fan-out a message is encoded', () => {
  test('once for all connections with the same encoding', () => {
    const connections = [open('a'), open('a'), open('b'), open('a'), open('b')];
    const message = prepareMessage('abc');
    for (const { sender, output } of connections) sender.send(output, message);
    for (const { frames } of connections) expect(frames()).toEqual(['1 4 cba']);
    expect(connections.map(({ extension }) => extension.encoded)).toEqual([1, 0, 1, 0, 0]);
  });

  test('once, when it is left as it is, too', () => {
    const connections = [open('a'), open('a')];
    const message = prepareMessage('!abc');
    for (const { sender, output } of connections) sender.send(output, message);
    for (const { frames } of connections) expect(frames()).toEqual(['1 0 !abc']);
    expect(connections.map(({ extension }) => extension.encoded)).toEqual([1, 0]);
  });

  test('once off the event loop, for those who ask meanwhile and later', async () => {
    const connections = [open('a'), open('a'), open('a')];
    const message = prepareMessage('0123456789');
    await Promise.all(
      connections.map(async ({ sender, output }) =>
        sender.sendEncoded(output, message, await sender.encodeLater(message)),
      ),
    );
    const late = open('a');
    expect(late.sender.encodesLater(message)).toBe(false);
    late.sender.send(late.output, message);
    for (const { frames } of [...connections, late]) expect(frames()).toEqual(['1 4 9876543210']);
    expect(connections.map(({ extension }) => extension.encoded)).toEqual([1, 0, 0]);
    expect(late.extension.encoded).toBe(0);
  });

  test('for each connection whose encoding goes on from message to message, and for each client', () => {
    const connections = [open(null), open(null), open('a', 'client'), open('a', 'client')];
    const message = prepareMessage('abc');
    for (const { sender, output } of connections) sender.send(output, message);
    expect(connections.map(({ extension }) => extension.encoded)).toEqual([1, 1, 1, 1]);
  });

  test('not at all for connections without an extension', () => {
    const message = prepareMessage('abc');
    const [without, with_] = [open('a', 'server', false), open('a')];
    without.sender.send(without.output, message);
    with_.sender.send(with_.output, message);
    without.sender.send(without.output, message);
    expect(without.frames()).toEqual(['1 0 abc', '1 0 abc']);
    expect(with_.frames()).toEqual(['1 4 cba']);
  });
});

test('one without an extension serves many connections', () => {
  const { sender } = new ConnectionSettings({ role: 'server' });
  const outputs = [new OutputBuffer(), new OutputBuffer()] as const;
  sender.send(outputs[0], 'to one');
  for (const output of outputs) sender.send(output, prepareMessage('to all'));
  sender.sendControl(outputs[1], 9, Buffer.from('and a ping'));
  const sent = outputs.map((output) =>
    decodeFrames(Buffer.concat(output.take())).map(({ payload }) => `${payload}`),
  );
  expect(sent).toEqual([
    ['to one', 'to all'],
    ['to all', 'and a ping'],
  ]);
});

test.each([{ secret: 1 }, { secret: 'yes' }, { compress: 'no' }, { compres: false }])(
  'refuses to prepare a message with %j',
  (options) => {
    const prepare = () => prepareMessage('abc', options as unknown as { secret: boolean });
    expect(prepare).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }));
  },
);
