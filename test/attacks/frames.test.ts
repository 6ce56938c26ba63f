import { Buffer } from 'node:buffer';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Connection,
  type ConnectionEvent,
  type ConnectionOptions,
  encodeFrame,
  type MessageExtension,
  type Role,
} from 'ieum/core';
import { decodeFrames, oneByte, pullEvents, receiveBytes, takeBytes } from 'ieum/testing';
import { describe, expect, test } from 'vitest';

const roles: readonly Role[] = ['server', 'client'];
const connections = 50;

describe.each(roles)('a %s', (role) => {
  test('bounds a flood of 131,072 fragments of one byte on each of many connections (CVE-2026-48779)', () => {
    const flood = repeat(fragment(role, 0, 'x'), 131_072);
    const memoryBefore = heldMemory();
    const flooded = Array.from({ length: connections }, () => {
      const connection = open(role);
      receiveBytes(connection, fragment(role, 1, 'x'));
      return { connection, events: receiveBytes(connection, flood) };
    });
    for (const { connection, events } of flooded) {
      expect(violationsOf(events)).toEqual(['ERR_WS_TOO_MANY_FRAGMENTS 1008']);
      expect(closeCodeOf(connection)).toBe(1008);
    }
    expect(heldMemory() - memoryBefore).toBeLessThan(connections * 16 * 1024);
  });

  test('bounds fragments of one byte that come one byte at a time and never end', () => {
    const fragments = repeat(fragment(role, 0, 'x'), 1_022);
    const memoryBefore = heldMemory();
    const waiting = Array.from({ length: connections }, () => {
      const connection = open(role);
      const events = receiveBytes(connection, fragment(role, 1, 'x'), 0, oneByte);
      return { connection, events: [...events, ...receiveBytes(connection, fragments, 0, oneByte)] };
    });
    expect(
      waiting.every(({ connection, events }) => connection.state === 'open' && events.length === 0),
    ).toBe(true);
    expect(heldMemory() - memoryBefore).toBeLessThan(connections * 16 * 1024);
  });

  test('counts empty fragments as any other (ws #2329)', () => {
    const connection = open(role);
    const begin = fragment(role, 2, '');
    const allowed = receiveBytes(connection, Buffer.concat([begin, repeat(fragment(role, 0, ''), 1_023)]));
    expect(allowed).toEqual([]);
    const events = receiveBytes(connection, fragment(role, 0, ''));
    expect(violationsOf(events)).toEqual(['ERR_WS_TOO_MANY_FRAGMENTS 1008']);
  });

  test('counts empty fragments of a message that an extension encoded', () => {
    const extension: MessageExtension = {
      name: 'x-same',
      rsv: 4,
      sharedEncoding: 'same',
      decodeMessage: (payload) => payload,
      encodeMessage: () => null,
      encodesLater: () => false,
      encodeMessageLater: async () => null,
      handleSent: () => {},
      close: () => {},
    };
    const connection = open(role, { maxFragments: 10 }, extension);
    const begin = encode(role, { opcode: 2, fin: false, rsv: 4, payload: Buffer.alloc(0) });
    const events = receiveBytes(connection, Buffer.concat([begin, repeat(fragment(role, 0, ''), 10)]));
    expect(violationsOf(events)).toEqual(['ERR_WS_TOO_MANY_FRAGMENTS 1008']);
  });

  test('puts no byte on the wire that the caller did not give (CVE-2026-45736, CVE-2016-10518)', () => {
    const views = [
      new Float32Array(20),
      new Float64Array(9),
      new Uint16Array(31),
      new DataView(new ArrayBuffer(7)),
    ];
    for (const view of views) {
      const connection = open(role);
      connection.sendPing(view);
      connection.sendPong(view);
      connection.send(view);
      for (const { payload } of decodeFrames(takeBytes(connection))) {
        expect(payload).toEqual(Buffer.alloc(view.byteLength));
      }
      expect(() => connection.sendClose({ code: 1000, reason: view as unknown as string }, 0)).toThrow(
        expect.objectContaining({ code: 'ERR_WS_INVALID_CLOSE_REASON' }),
      );
      expect(takeBytes(connection).length).toBe(0);
    }
    for (const number of [0, 20, 125, 2 ** 31]) {
      const connection = open(role);
      for (const send of ['send', 'sendPing', 'sendPong'] as const) {
        expect(() => connection[send](number as unknown as Uint8Array)).toThrow(
          expect.objectContaining({ code: 'ERR_WS_INVALID_DATA' }),
        );
      }
      expect(takeBytes(connection).length).toBe(0);
    }
  });

  test('refuses a message of more than 1 MiB by default, on its header (CVE-2016-10542)', () => {
    const largest = 1024 * 1024;
    const refused = open(role);
    expect(violationsOf(receiveBytes(refused, header(role, largest + 1)))).toEqual([
      'ERR_WS_MESSAGE_TOO_BIG 1009',
    ]);
    expect(closeCodeOf(refused)).toBe(1009);
    const accepted = open(role);
    const bytes = encode(role, { opcode: 2, payload: Buffer.alloc(largest) });
    expect(receiveBytes(accepted, bytes).map(({ type }) => type)).toEqual(['binary']);
  });

  test('refuses a message of more than 1 MiB in fragments, on the header that goes too far', () => {
    const connection = open(role);
    const half = Buffer.alloc(512 * 1024);
    const begin = encode(role, { opcode: 2, fin: false, payload: half });
    const next = encode(role, { opcode: 0, fin: false, payload: half });
    expect(receiveBytes(connection, Buffer.concat([begin, next]))).toEqual([]);
    expect(
      violationsOf(receiveBytes(connection, fragment(role, 0, 'x').subarray(0, headerLength(role)))),
    ).toEqual(['ERR_WS_MESSAGE_TOO_BIG 1009']);
  });

  test.each([
    [2n ** 31n, 1009],
    [2n ** 32n, 1009],
    [2n ** 53n, 1009],
    [2n ** 62n, 1009],
    [2n ** 63n - 1n, 1009],
    [2n ** 63n, 1002],
    [2n ** 64n - 1n, 1002],
  ])('refuses the length %d at once, without memory for it (CVE-2026-1528)', (length, closeCode) => {
    const memoryBefore = heldMemory();
    const connection = open(role);
    const events = receiveBytes(connection, header(role, length), 0, oneByte);
    expect(violationsOf(events).map((line) => Number(line.split(' ')[1]))).toEqual([closeCode]);
    expect(closeCodeOf(connection)).toBe(closeCode);
    expect(heldMemory() - memoryBefore).toBeLessThan(64 * 1024);
  });

  test.each([2n ** 31n, 2n ** 53n, 2n ** 63n - 1n])(
    'without a limit keeps what arrives of %d bytes, and no room for the rest',
    (length) => {
      const memoryBefore = heldMemory();
      const connection = open(role, { maxMessageBytes: Number.POSITIVE_INFINITY });
      expect(receiveBytes(connection, header(role, length))).toEqual([]);
      expect(receiveBytes(connection, Buffer.alloc(1000))).toEqual([]);
      expect(connection.state).toBe('open');
      expect(heldMemory() - memoryBefore).toBeLessThan(64 * 1024);
    },
  );

  test.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])(
    'refuses the reserved opcode %d on the header, before its payload (CVE-2026-19204)',
    (opcode) => {
      const connection = open(role);
      const events = receiveBytes(connection, header(role, 2n ** 40n, opcode));
      expect(violationsOf(events)).toEqual(['ERR_WS_RESERVED_OPCODE 1002']);
      connection.receive(Buffer.alloc(100_000), 0);
      expect([connection.nextEvent(), connection.state]).toEqual([null, 'ending']);
    },
  );

  test('answers a flood of Pings with one Pong while the peer does not read', () => {
    const connection = open(role);
    connection.pauseOutput(0);
    const ping = encode(role, { opcode: 9, payload: Buffer.alloc(125, 'p') });
    for (let round = 0; round < 20; round++) {
      expect(receiveBytes(connection, repeat(ping, 5_000)).length).toBe(5_000);
      expect(connection.outputByteLength).toBe(0);
    }
    connection.resumeOutput(0);
    expect(connection.outputByteLength).toBeLessThan(140);
    expect(connection.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('answers a flood of Close frames once', () => {
    const connection = open(role);
    const close = encode(role, { opcode: 8, payload: Buffer.from([3, 232]) });
    const events = receiveBytes(connection, repeat(close, 10_000));
    expect(events.map(({ type }) => type)).toEqual(['closing']);
    expect(decodeFrames(takeBytes(connection)).length).toBe(1);
    connection.receiveEnd();
    expect(pullEvents(connection).map(({ type }) => type)).toEqual(['closed']);
  });
});

function open(
  role: Role,
  options: Partial<ConnectionOptions> = {},
  extension: MessageExtension | null = null,
): Connection {
  const settings = role === 'server' ? { role } : { role, maskingKeys: () => 0x5a5a5a5a };
  return new Connection({ ...settings, ...options }, 0, extension);
}

function encode(role: Role, frame: Parameters<typeof encodeFrame>[0]): Buffer {
  return encodeFrame(role === 'server' ? { ...frame, key: 0 } : frame);
}

function fragment(role: Role, opcode: number, payload: string): Buffer {
  return encode(role, { opcode, fin: false, payload: Buffer.from(payload) });
}

/** The header of a frame with a 64-bit length, as the peer of `role` sends it. */
function header(role: Role, payloadLength: number | bigint, opcode = 2): Buffer {
  const bytes = Buffer.alloc(role === 'server' ? 14 : 10);
  bytes[0] = 0x80 | opcode;
  bytes[1] = role === 'server' ? 0xff : 0x7f;
  bytes.writeBigUInt64BE(BigInt(payloadLength), 2);
  return bytes;
}

function headerLength(role: Role): number {
  return role === 'server' ? 6 : 2;
}

function repeat(bytes: Buffer, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, bytes);
}

function violationsOf(events: readonly ConnectionEvent[]): string[] {
  return events.map((event) =>
    event.type === 'violation' ? `${event.violation.code} ${event.violation.closeCode}` : event.type,
  );
}

function closeCodeOf(connection: Connection): number | undefined {
  return decodeFrames(takeBytes(connection)).at(-1)?.payload.readUInt16BE(0);
}

/** Bytes in buffers that something still refers to. */
function heldMemory(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
