import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { plainEvent } from '../testing/plain-event.js';
import { decodeFrames, pullEvents, receiveBytes, takeBytes } from '../testing/pull.js';
import { checkClose, encodeClose } from './close.js';
import type { CloseRecord } from './close-record.js';
import { Connection } from './connection.js';
import { encodeFrame } from './frame-encoder.js';
import type { Role } from './frame-header.js';
import { Opcode } from './opcode.js';

describe.each<Role>(['server', 'client'])('the closing handshake of a %s', (role) => {
  /** The server ends TCP first (RFC 6455 §7.1.1). */
  const directive = role === 'server' ? 'end' : 'open';

  test('begun by us: messages still arrive, the answer completes it', () => {
    const connection = open(role);
    connection.sendClose(checkClose(1000, 'done'), 0);
    expect([connection.state, connection.transport]).toEqual(['closing', 'open']);
    const events = receive(connection, role, [Opcode.Text, 'late'], closeFrame(1000, 'done'));
    expect(events).toEqual(['text "late" in 1', 'closing 1000 "done"']);
    expect([connection.state, connection.transport]).toEqual(['ending', directive]);
    expect(sentCloses(connection)).toEqual([Buffer.from('\x03\xe8done', 'latin1')]);
    expect(end(connection)).toMatchObject({
      code: 1000,
      reason: 'done',
      received: { code: 1000, reason: 'done' },
      sent: { code: 1000, reason: 'done' },
      first: 'sent',
      wasClean: true,
      cause: { type: 'closing-handshake' },
    });
  });

  test('begun by the peer: its code is echoed', () => {
    const connection = open(role);
    expect(receive(connection, role, closeFrame(3000, 'bye'))).toEqual(['closing 3000 "bye"']);
    expect([connection.state, connection.transport]).toEqual(['ending', directive]);
    expect(sentCloses(connection)).toEqual([Buffer.from([0x0b, 0xb8])]);
    expect(connection.sendClose(checkClose(1000, ''), 0)).toBe(false);
    expect(end(connection)).toMatchObject({
      code: 3000,
      reason: 'bye',
      sent: { code: 3000, reason: '' },
      first: 'received',
      wasClean: true,
      cause: { type: 'closing-handshake' },
    });
  });

  test('begun by both at once: nobody answers twice', () => {
    const connection = open(role);
    connection.sendClose(checkClose(1001, 'ours'), 0);
    expect(receive(connection, role, closeFrame(4000, 'theirs'))).toEqual(['closing 4000 "theirs"']);
    expect(sentCloses(connection).length).toBe(1);
    expect(end(connection)).toMatchObject({
      code: 4000,
      received: { code: 4000, reason: 'theirs' },
      sent: { code: 1001, reason: 'ours' },
      first: 'sent',
      wasClean: true,
    });
  });

  test('without a code is answered without one', () => {
    const connection = open(role);
    receive(connection, role, [Opcode.Close, '']);
    expect(sentCloses(connection)).toEqual([Buffer.alloc(0)]);
    expect(end(connection)).toMatchObject({ code: 1005, reason: '', wasClean: true });
  });

  test('answers Pings until the Close frame comes', () => {
    const connection = open(role);
    connection.sendClose(checkClose(1000, ''), 0);
    takeBytes(connection);
    expect(receive(connection, role, [Opcode.Ping, 'p'])).toEqual(['ping 70']);
    const [pong] = decodeFrames(takeBytes(connection));
    expect([pong?.opcode, pong?.payload.toString()]).toEqual([Opcode.Pong, 'p']);
  });

  test('received together with the end of the stream is a clean one all the same', () => {
    const connection = open(role);
    connection.receive(encode(role, closeFrame(1000, '')), 0);
    connection.receiveEnd();
    expect(end(connection)).toMatchObject({
      code: 1000,
      wasClean: true,
      first: 'received',
      cause: { type: 'closing-handshake' },
    });
  });

  test('that the peer never answers is no clean one', () => {
    const connection = open(role);
    connection.sendClose(checkClose(1000, ''), 0);
    expect(end(connection)).toMatchObject({ code: 1006, received: null, first: 'sent', wasClean: false });
    expect(connection.transport).toBe('end');
  });

  test('keeps the cause it was begun for', () => {
    const connection = open(role);
    connection.sendClose(checkClose(1001, ''), 0, { type: 'drain' });
    receive(connection, role, closeFrame(1001, ''));
    expect(end(connection)).toMatchObject({ wasClean: true, cause: { type: 'drain' } });
  });
});

describe.each<Role>(['server', 'client'])('the end of a %s', (role) => {
  test('without a Close frame is 1006', () => {
    const connection = open(role);
    expect(end(connection)).toEqual({
      code: 1006,
      reason: '',
      received: null,
      sent: null,
      first: null,
      wasClean: false,
      cause: { type: 'end-of-stream' },
    });
    expect([connection.state, connection.transport]).toEqual(['closed', 'end']);
  });

  test('by a transport error names the error', () => {
    const connection = open(role);
    const error = new Error('ECONNRESET');
    connection.receiveError(error);
    connection.receiveEnd();
    expect(recordOf(connection)).toMatchObject({ code: 1006, cause: { type: 'transport', error } });
  });

  test('by abort comes at once, without a Close frame and without what was not pulled', () => {
    const connection = open(role);
    connection.receive(encode(role, [Opcode.Text, 'lost']), 0);
    connection.abort();
    expect([connection.transport, connection.send('x')]).toEqual(['abort', false]);
    expect(recordOf(connection)).toMatchObject({ code: 1006, sent: null, cause: { type: 'terminated' } });
    connection.abort({ type: 'drain' });
    connection.receive(encode(role, [Opcode.Text, 'x']), 0);
    expect([connection.state, connection.nextEvent()]).toEqual(['closed', null]);
  });

  test('by a violation is 1006 for the application, and ours for the peer', () => {
    const connection = open(role);
    expect(receive(connection, role, [0x3, 'x'])).toEqual(['violation ERR_WS_RESERVED_OPCODE 1002']);
    expect([connection.state, connection.transport]).toEqual(['ending', 'end']);
    expect(end(connection)).toMatchObject({
      code: 1006,
      received: null,
      sent: { code: 1002 },
      first: 'sent',
      wasClean: false,
      cause: { type: 'violation', violation: { code: 'ERR_WS_RESERVED_OPCODE' } },
    });
  });

  test('by a violation while closing sends no second Close frame', () => {
    const connection = open(role);
    connection.sendClose(checkClose(1000, ''), 0);
    receive(connection, role, [0x3, 'x']);
    expect(sentCloses(connection)).toEqual([Buffer.from([0x03, 0xe8])]);
    expect([connection.state, connection.transport]).toEqual(['ending', 'end']);
    expect(end(connection)).toMatchObject({ sent: { code: 1000 }, cause: { type: 'violation' } });
  });

  test('by a forbidden Close frame received none', () => {
    const connection = open(role);
    receive(connection, role, [Opcode.Close, '\x03\xed']);
    expect(end(connection)).toMatchObject({ received: null, wasClean: false, cause: { type: 'violation' } });
  });

  test('is told once', () => {
    const connection = open(role);
    end(connection);
    connection.receiveEnd();
    connection.receiveError(new Error('late'));
    connection.abort();
    expect(connection.nextEvent()).toBeNull();
    expect(connection.deadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

function open(role: Role): Connection {
  return new Connection(role === 'server' ? { role } : { role, maskingKeys: () => 0x01020304 }, 0);
}

type Frame = readonly [opcode: number, payload: string];

function closeFrame(code: number, reason: string): Frame {
  return [Opcode.Close, Buffer.from(encodeClose({ code, reason })).toString('latin1')];
}

function encode(role: Role, ...frames: readonly Frame[]): Buffer {
  const key = role === 'server' ? { key: 0x0badcafe } : {};
  return Buffer.concat(
    frames.map(([opcode, text]) => encodeFrame({ opcode, payload: Buffer.from(text, 'latin1'), ...key })),
  );
}

function receive(connection: Connection, role: Role, ...frames: readonly Frame[]): string[] {
  return receiveBytes(connection, encode(role, ...frames)).map(plainEvent);
}

function sentCloses(connection: Connection): Buffer[] {
  const frames = decodeFrames(takeBytes(connection));
  return frames.filter(({ opcode }) => opcode === Opcode.Close).map(({ payload }) => payload);
}

function end(connection: Connection): CloseRecord {
  connection.receiveEnd();
  return recordOf(connection);
}

function recordOf(connection: Connection): CloseRecord {
  const last = pullEvents(connection).at(-1);
  if (last?.type !== 'closed') expect.unreachable('the connection is not closed');
  return last.record;
}
