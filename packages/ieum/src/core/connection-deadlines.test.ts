import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { plainEvent } from '../testing/plain-event.js';
import { decodeFrames, pullEvents, receiveBytes, takeBytes } from '../testing/pull.js';
import { checkClose } from './close.js';
import { Connection } from './connection.js';
import type { ConnectionOptions } from './connection-options.js';
import { encodeFrame } from './frame-encoder.js';
import { Opcode } from './opcode.js';

const never = Number.POSITIVE_INFINITY;
const keepalive = { intervalMs: 100, graceMs: 30 };

describe('without options', () => {
  test('an open connection waits for nothing', () => {
    expect(open().deadline()).toBe(never);
  });

  test('handleDeadline before the deadline does nothing', () => {
    const connection = open({ keepalive, idleTimeoutMs: 50 });
    connection.handleDeadline(49);
    expect([takeBytes(connection).length, connection.state]).toEqual([0, 'open']);
  });
});

describe('keepalive', () => {
  test('pings a silent peer and gives it up after the grace time', () => {
    const connection = open({ keepalive });
    expect(connection.deadline()).toBe(100);
    connection.handleDeadline(100);
    expect(sentOpcodes(connection)).toEqual([Opcode.Ping]);
    expect(connection.deadline()).toBe(130);
    connection.handleDeadline(130);
    expect(connection.transport).toBe('abort');
    expect(lastRecord(connection)).toMatchObject({ code: 1006, cause: { deadline: 'keepalive' } });
  });

  test('takes a single byte for life', () => {
    const connection = open({ keepalive });
    connection.handleDeadline(100);
    connection.receive(Buffer.from([0x81]), 129);
    expect(connection.deadline()).toBe(229);
  });

  test('holds nothing against the peer while input is paused', () => {
    const connection = open({ keepalive });
    connection.handleDeadline(100);
    connection.pauseInput();
    expect(connection.deadline()).toBe(200);
    connection.handleDeadline(4900);
    expect(connection.state).toBe('open');
    connection.resumeInput(5000);
    expect(connection.deadline()).toBe(5100);
  });

  test('excuses our own stall', () => {
    const connection = open({ keepalive });
    connection.handleDeadline(100);
    connection.excuseStall(10_000);
    connection.handleDeadline(10_129);
    expect(connection.state).toBe('open');
    connection.handleDeadline(10_130);
    expect(connection.transport).toBe('abort');
  });

  test('ends with the closing handshake', () => {
    const connection = open({ keepalive });
    connection.sendClose(checkClose(1000, ''), 10);
    expect(connection.deadline()).toBe(5010);
  });
});

describe('the close deadline', () => {
  test('gives the peer up that does not answer our Close frame', () => {
    const connection = open({ closeTimeoutMs: 700 });
    connection.sendClose(checkClose(1000, ''), 1000);
    expect(connection.deadline()).toBe(1700);
    connection.handleDeadline(1700);
    expect(connection.transport).toBe('abort');
    expect(lastRecord(connection)).toMatchObject({
      wasClean: false,
      sent: { code: 1000 },
      cause: { type: 'timeout', deadline: 'closing-handshake' },
    });
  });

  test('keeps the cause that the closing was begun for', () => {
    const connection = open();
    connection.sendClose(checkClose(1001, ''), 0, { type: 'drain' });
    connection.handleDeadline(5000);
    expect(lastRecord(connection)).toMatchObject({ cause: { type: 'drain' } });
  });

  test('runs anew for the end of the stream once both have closed', () => {
    const connection = open();
    connection.sendClose(checkClose(1000, ''), 0);
    receiveBytes(connection, masked(Opcode.Close, Buffer.from([3, 232])), 4000);
    expect(connection.deadline()).toBe(9000);
    connection.handleDeadline(9000);
    expect(connection.transport).toBe('abort');
    expect(lastRecord(connection)).toMatchObject({ wasClean: true, cause: { type: 'closing-handshake' } });
  });

  test('runs for a peer that broke a rule and does not go away', () => {
    const connection = open();
    receiveBytes(connection, masked(3), 100);
    expect(connection.deadline()).toBe(5100);
    connection.handleDeadline(5100);
    expect(connection.transport).toBe('abort');
    expect(lastRecord(connection)).toMatchObject({ cause: { type: 'violation' } });
  });

  test('gives the peer its time when its Close frame was pulled late', () => {
    const connection = open();
    connection.receive(masked(Opcode.Close), 0);
    connection.pauseInput();
    pullEvents(connection);
    connection.resumeInput(60_000);
    expect(connection.deadline()).toBe(65_000);
  });

  test('excuses our own stall', () => {
    const connection = open();
    connection.sendClose(checkClose(1000, ''), 0);
    connection.excuseStall(3000);
    expect(connection.deadline()).toBe(8000);
  });
});

describe('the send deadline', () => {
  test('gives a peer up that does not read', () => {
    const connection = open({ sendTimeoutMs: 500 });
    connection.pauseOutput(100);
    expect(connection.deadline()).toBe(600);
    connection.handleDeadline(600);
    expect(connection.transport).toBe('abort');
    expect(lastRecord(connection)).toMatchObject({ cause: { type: 'timeout', deadline: 'send' } });
  });

  test('runs from the first pause, and not at all after a resume', () => {
    const connection = open({ sendTimeoutMs: 500 });
    connection.pauseOutput(100);
    connection.pauseOutput(400);
    expect(connection.deadline()).toBe(600);
    connection.resumeOutput(0);
    expect(connection.deadline()).toBe(never);
    connection.pauseOutput(1000);
    expect(connection.deadline()).toBe(1500);
  });

  test('excuses our own stall', () => {
    const connection = open({ sendTimeoutMs: 500 });
    connection.pauseOutput(0);
    connection.excuseStall(1000);
    expect(connection.deadline()).toBe(1500);
  });
});

describe('the idle deadline', () => {
  const idle = { idleTimeoutMs: 1000 };

  test('closes with 1001 when no message came, whatever else did', () => {
    const connection = open(idle);
    receiveBytes(connection, masked(Opcode.Text, Buffer.from('x')), 500);
    receiveBytes(connection, masked(Opcode.Ping), 900);
    expect(connection.deadline()).toBe(1500);
    takeBytes(connection);
    connection.handleDeadline(1500);
    const [frame] = decodeFrames(takeBytes(connection));
    expect([frame?.opcode, frame?.payload.readUInt16BE(0)]).toEqual([Opcode.Close, 1001]);
    expect([connection.state, connection.deadline()]).toEqual(['closing', 6500]);
    receiveBytes(connection, masked(Opcode.Close, Buffer.from([3, 233])), 1600);
    connection.receiveEnd();
    expect(lastRecord(connection)).toMatchObject({ wasClean: true, cause: { type: 'idle' } });
  });

  test('holds nothing against the peer while input is paused', () => {
    const connection = open(idle);
    connection.receive(masked(Opcode.Text), 10);
    connection.pauseInput();
    pullEvents(connection);
    expect(connection.deadline()).toBe(never);
    connection.resumeInput(9000);
    expect(connection.deadline()).toBe(10_000);
  });

  test('excuses our own stall', () => {
    const connection = open(idle);
    connection.excuseStall(250);
    expect(connection.deadline()).toBe(1250);
  });
});

test('the earliest of several deadlines counts', () => {
  const connection = open({ keepalive, idleTimeoutMs: 90, sendTimeoutMs: 40 });
  expect(connection.deadline()).toBe(90);
  connection.pauseOutput(10);
  expect(connection.deadline()).toBe(50);
  connection.resumeOutput(0);
  receiveBytes(connection, masked(Opcode.Text), 80);
  expect(connection.deadline()).toBe(170);
});

function open(options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({ role: 'server', ...options }, 0);
}

function masked(opcode: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  return encodeFrame({ opcode, payload, key: 7 });
}

function sentOpcodes(connection: Connection): number[] {
  return decodeFrames(takeBytes(connection)).map(({ opcode }) => opcode);
}

function lastRecord(connection: Connection) {
  const last = pullEvents(connection).at(-1);
  if (last?.type !== 'closed') expect.unreachable(last === undefined ? 'no event' : plainEvent(last));
  return last.record;
}
