import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { decodeFrames, receiveBytes, takeBytes } from '../testing/pull.js';
import { Connection } from './connection.js';
import type { ConnectionOptions } from './connection-options.js';
import { encodeFrame } from './frame-encoder.js';
import type { Role } from './frame-header.js';
import { BinaryMessage, TextMessage } from './message.js';
import { Opcode } from './opcode.js';
import { byteLengthOf, type Outgoing, prepareMessage } from './outgoing.js';

const memory = Uint8Array.from({ length: 64 }, (_, index) => index + 1).buffer;
const shown = (offset: number, length: number) => Buffer.from(memory, offset, length);

/** Each view beside the exact bytes it shows. */
const views: readonly (readonly [string, ArrayBuffer | ArrayBufferView, Buffer])[] = [
  ['ArrayBuffer', memory, shown(0, 64)],
  ['Buffer', shown(3, 20), shown(3, 20)],
  ['DataView', new DataView(memory, 5, 11), shown(5, 11)],
  ['Int8Array', new Int8Array(memory, 1, 20), shown(1, 20)],
  ['Uint8Array', new Uint8Array(memory, 2, 20), shown(2, 20)],
  ['Uint8ClampedArray', new Uint8ClampedArray(memory, 3, 20), shown(3, 20)],
  ['Int16Array', new Int16Array(memory, 2, 10), shown(2, 20)],
  ['Uint16Array', new Uint16Array(memory, 4, 10), shown(4, 20)],
  ['Int32Array', new Int32Array(memory, 4, 5), shown(4, 20)],
  ['Uint32Array', new Uint32Array(memory, 8, 5), shown(8, 20)],
  ['Float32Array', new Float32Array(memory, 12, 5), shown(12, 20)],
  ['Float64Array', new Float64Array(memory, 16, 3), shown(16, 24)],
  ['BigInt64Array', new BigInt64Array(memory, 8, 2), shown(8, 16)],
  ['BigUint64Array', new BigUint64Array(memory, 24, 2), shown(24, 16)],
];

const noData: readonly (readonly [string, unknown])[] = [
  ['a number', 100],
  ['a large number', 2 ** 30],
  ['NaN', Number.NaN],
  ['a bigint', 5n],
  ['a boolean', true],
  ['null', null],
  ['an array', [1, 2, 3]],
  ['a plain object', { length: 10 }],
  ['an object without a class', Object.create(null)],
  ['an object like a message', { type: 'text', bytes: Buffer.from('x') }],
  ['a Blob', new Blob(['x'])],
  ['a SharedArrayBuffer', new SharedArrayBuffer(8)],
  ['a String object', Object('text')],
  ['a symbol', Symbol('data')],
  ['a function', () => 'x'],
  ['a promise', Promise.resolve('x')],
];

describe.each<Role>(['server', 'client'])('a %s', (role) => {
  test.each(views)('sends the exact bytes of an %s', (_name, view, bytes) => {
    const connection = open(role);
    connection.send(view);
    connection.sendPing(view);
    connection.sendPong(view);
    const frames = decodeFrames(takeBytes(connection));
    expect(frames.map(({ opcode }) => opcode)).toEqual([Opcode.Binary, Opcode.Ping, Opcode.Pong]);
    for (const { payload } of frames) expect(payload).toEqual(bytes);
    expect(byteLengthOf(view)).toBe(bytes.length);
  });

  test.each([...noData, ['undefined', undefined] as const])('refuses to send %s', (_name, data) => {
    const connection = open(role);
    expect(() => connection.send(data as Outgoing)).toThrow(invalidData);
    expect(takeBytes(connection).length).toBe(0);
    connection.abort();
    expect(() => connection.send(data as Outgoing)).toThrow(invalidData);
  });

  test.each([...noData, ['a string', 'text'] as const])('refuses %s in a Ping or Pong', (_name, data) => {
    const connection = open(role);
    expect(() => connection.sendPing(data as Uint8Array)).toThrow(invalidData);
    expect(() => connection.sendPong(data as Uint8Array)).toThrow(invalidData);
    expect(takeBytes(connection).length).toBe(0);
  });

  test.each([new Uint8Array(126), new Float64Array(16), new ArrayBuffer(1 << 20)])(
    'refuses a Ping or Pong of more than 125 bytes, open or not',
    (payload) => {
      const connection = open(role);
      expect(connection.sendPing(new Uint8Array(125))).toBe(true);
      takeBytes(connection);
      const tooLong = expect.objectContaining({ code: 'ERR_WS_CONTROL_PAYLOAD_TOO_LONG' });
      expect(() => connection.sendPing(payload)).toThrow(tooLong);
      expect(takeBytes(connection).length).toBe(0);
      connection.abort();
      expect(() => connection.sendPong(payload)).toThrow(tooLong);
    },
  );

  test.each([
    [{ code: 1005, reason: 'no code' }, 'ERR_WS_INVALID_CLOSE_REASON'],
    [{ code: 1006, reason: '' }, 'ERR_WS_INVALID_CLOSE_CODE'],
    [{ code: 70000, reason: '' }, 'ERR_WS_INVALID_CLOSE_CODE'],
    [{ code: 1000, reason: 'x'.repeat(124) }, 'ERR_WS_INVALID_CLOSE_REASON'],
    [{ code: 1000, reason: new Float32Array(20) as unknown as string }, 'ERR_WS_INVALID_CLOSE_REASON'],
  ])('refuses the Close %o before anything is sent', (close, code) => {
    const connection = open(role);
    expect(() => connection.sendClose(close, 0)).toThrow(expect.objectContaining({ code }));
    expect([takeBytes(connection).length, connection.state]).toEqual([0, 'open']);
  });

  test('sends a received message with its own type', () => {
    const connection = open(role);
    connection.send(new TextMessage(Buffer.from('täxt')));
    connection.send(new BinaryMessage(Buffer.from('bin')));
    const frames = decodeFrames(takeBytes(connection));
    expect(frames.map(({ opcode, payload }) => `${opcode} ${payload}`)).toEqual(['1 täxt', '2 bin']);
  });

  test('sends a prepared message as it sends the message itself', () => {
    for (const data of ['text', '', 'é'.repeat(9000), Buffer.alloc(200, 1), Buffer.alloc(70_000, 2)]) {
      const [prepared, plain] = [open(role), open(role)];
      prepared.send(prepareMessage(data));
      plain.send(data);
      expect(takeBytes(prepared).equals(takeBytes(plain))).toBe(true);
    }
  });

  test('sends large payloads whole', () => {
    const connection = open(role);
    const payload = Buffer.alloc(200_000, 'large ');
    connection.send(payload);
    expect(decodeFrames(takeBytes(connection))[0]?.payload.equals(payload)).toBe(true);
    expect(payload.subarray(0, 6).toString()).toBe('large ');
  });
});

describe('a prepared message', () => {
  test('is encoded once for all servers', () => {
    const prepared = prepareMessage(Buffer.alloc(10_000));
    const [first, second] = [open('server'), open('server')];
    first.send(prepared);
    second.send(prepared);
    expect(first.takeOutput()[0]).toBe(second.takeOutput()[0]);
  });

  test('is left alone by clients, who mask a copy', () => {
    const prepared = prepareMessage('shared');
    open('client').send(prepared);
    const server = open('server');
    server.send(prepared);
    expect(takeBytes(server)).toEqual(encodeFrame({ opcode: 1, payload: Buffer.from('shared') }));
  });

  test('is itself when prepared again, and keeps the type of a message', () => {
    const prepared = prepareMessage('x');
    expect(prepareMessage(prepared)).toBe(prepared);
    expect(prepareMessage(new TextMessage(Buffer.from('x'))).type).toBe('text');
    expect(prepareMessage(new BinaryMessage(Buffer.from('x'))).type).toBe('binary');
    expect(byteLengthOf(prepareMessage('é'))).toBe(2);
  });

  test.each(noData)('cannot be made of %s', (_name, data) => {
    expect(() => prepareMessage(data as Outgoing)).toThrow(invalidData);
    expect(() => byteLengthOf(data as Outgoing)).toThrow(invalidData);
  });
});

describe('options', () => {
  const key = () => 1;
  test.each<[string, object]>([
    ['a client without masking keys', { role: 'client' }],
    ['a server with masking keys', { role: 'server', maskingKeys: key }],
    ...['maxMessageBytes', 'maxFragments', 'closeTimeoutMs', 'sendTimeoutMs', 'idleTimeoutMs'].flatMap(
      (name) =>
        [0, -1, Number.NaN, '5', null].map((value): [string, object] => [
          `${name} ${value}`,
          { role: 'server', [name]: value },
        ]),
    ),
    ['a keepalive of no time', { role: 'server', keepalive: { intervalMs: 0, graceMs: 1 } }],
    ['a keepalive without grace', { role: 'server', keepalive: { intervalMs: 1, graceMs: 0 } }],
  ])('%s are refused', (_title, options) => {
    expect(() => new Connection(options as ConnectionOptions, 0)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'ERR_WS_INVALID_OPTION' }),
    );
  });
});

describe('a received message', () => {
  test('is decoded when asked for, and parsed as JSON', () => {
    const connection = open('client');
    const [message] = receiveBytes(
      connection,
      encodeFrame({ opcode: 1, payload: Buffer.from('{"a":["é"]}') }),
    );
    if (message?.type !== 'text') expect.unreachable('not a text');
    expect(message.data).toBe('{"a":["é"]}');
    expect(message.json()).toEqual({ a: ['é'] });
    expect(() => new TextMessage(Buffer.from('{')).json()).toThrow(SyntaxError);
  });

  test('has its payload under one name, whatever its type', () => {
    const bytes = Buffer.from('abc');
    expect(new TextMessage(bytes).bytes).toBe(bytes);
    expect(new BinaryMessage(bytes).bytes).toBe(bytes);
  });
});

const invalidData = expect.objectContaining({ name: 'UsageError', code: 'ERR_WS_INVALID_DATA' });

function open(role: Role): Connection {
  return new Connection(role === 'server' ? { role } : { role, maskingKeys: () => 0x0f1e2d3c }, 0);
}
