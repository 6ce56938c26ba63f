import type { Socket } from 'node:net';

import { type ConnectOptions, connect, type Peer, type ViolationCode } from 'ieum';
import { encodeFrame, Opcode } from 'ieum/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { acceptance, type ScriptedServer, startScriptedServer } from '../support/scripted-server.js';

interface Conversation {
  readonly peer: Peer<undefined>;
  readonly server: ScriptedServer;
  /** The server's side. */
  readonly socket: Socket;
  /** What the client sent behind its request. */
  readonly received: () => Buffer;
}

/** Connects to a server that sends `bytes` in the same packet as its 101, and leaves it to the client to end TCP. */
async function meet(bytes: Uint8Array | string, options: ConnectOptions = {}): Promise<Conversation> {
  const chunks: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = await startScriptedServer((socket, request) => {
    sockets.push(socket);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(Buffer.concat([Buffer.from(acceptance(request)), Buffer.from(bytes as string)]));
  });
  onTestFinished(() => server.close());
  const peer = await connect(server.url, { closeTimeoutMs: 200, ...options });
  onTestFinished(() => peer.terminate());
  return { peer, server, socket: sockets[0] as Socket, received: () => Buffer.concat(chunks) };
}

const frame = (opcode: number, payload: string | Uint8Array = '', fin = true) =>
  encodeFrame({ opcode, payload: Buffer.from(payload as string), fin });
const text = (payload: string) => frame(Opcode.Text, payload);
const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

async function messagesOf(peer: Peer<undefined>): Promise<unknown[]> {
  const messages: unknown[] = [];
  for await (const message of peer) messages.push(message.data);
  return messages;
}

describe('what comes in the same packet as the 101', () => {
  it('is received: whole messages and the beginning of one', async () => {
    const [first, second] = [text('first'), text('second')];
    const { peer, socket } = await meet(Buffer.concat([first, second.subarray(0, 3)]));
    socket.write(Buffer.concat([second.subarray(3), text('third'), frame(Opcode.Close)]));
    expect(await messagesOf(peer)).toEqual(['first', 'second', 'third']);
    expect(await peer.closed).toMatchObject({ code: 1005, wasClean: true, first: 'received' });
  });

  it('is received by the message handler too', async () => {
    const messages: unknown[] = [];
    const { peer } = await meet(Buffer.concat([text('a'), text('b'), frame(Opcode.Close)]), {
      message: (_peer, message) => void messages.push(message.data),
    });
    await peer.closed;
    expect(messages).toEqual(['a', 'b']);
  });

  it('is received even when it is the end of the stream', async () => {
    const server = await startScriptedServer((socket, request) => {
      socket.end(Buffer.concat([Buffer.from(acceptance(request)), text('only')]));
    });
    onTestFinished(() => server.close());
    const peer = await connect(server.url);
    expect(await messagesOf(peer)).toEqual(['only']);
    expect(await peer.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      cause: { type: 'end-of-stream' },
    });
  });

  it('is a closing handshake', async () => {
    const { peer, received } = await meet(frame(Opcode.Close, Buffer.from('\x03\xe9bye', 'latin1')));
    expect(await peer.closed).toMatchObject({ code: 1001, reason: 'bye', wasClean: true });
    await vi.waitUntil(() => received().length >= 8, { interval: 2 });
    expect(received()[0]).toBe(0x88);
  });
});

describe('frames that break RFC 6455', () => {
  it.each<[string, Uint8Array, ViolationCode, number]>([
    [
      'a masked frame',
      encodeFrame({ opcode: 1, payload: Buffer.from('hi'), key: 1 }),
      'ERR_WS_MASKED_FRAME',
      1002,
    ],
    ['reserved bits', hex('c1 02 6869'), 'ERR_WS_RESERVED_BITS', 1002],
    ['a reserved opcode', hex('83 7f 7fffffffffffffff'), 'ERR_WS_RESERVED_OPCODE', 1002],
    ['a reserved control opcode', hex('8b 00'), 'ERR_WS_RESERVED_OPCODE', 1002],
    ['a fragmented Ping', hex('09 00'), 'ERR_WS_FRAGMENTED_CONTROL_FRAME', 1002],
    ['a Ping of 126 bytes', hex('89 7e 007e'), 'ERR_WS_CONTROL_FRAME_TOO_LONG', 1002],
    ['a continuation of nothing', hex('80 00'), 'ERR_WS_UNEXPECTED_CONTINUATION', 1002],
    ['a message inside another', hex('01 0161 81 0162'), 'ERR_WS_EXPECTED_CONTINUATION', 1002],
    ['a length that is too long for its size', hex('81 7e 0005'), 'ERR_WS_LENGTH_NOT_MINIMAL', 1002],
    ['a length of 2^63', hex('82 7f 8000000000000000'), 'ERR_WS_LENGTH_OUT_OF_RANGE', 1002],
    ['a length of 2^64-1', hex('82 7f ffffffffffffffff'), 'ERR_WS_LENGTH_OUT_OF_RANGE', 1002],
    ['a length of 2^63-1', hex('82 7f 7fffffffffffffff'), 'ERR_WS_MESSAGE_TOO_BIG', 1009],
    ['a length of 2^53', hex('82 7f 0020000000000000'), 'ERR_WS_MESSAGE_TOO_BIG', 1009],
    ['a length of 2^31', hex('82 7f 0000000080000000'), 'ERR_WS_MESSAGE_TOO_BIG', 1009],
    ['an announced GiB', hex('82 7f 0000000040000000'), 'ERR_WS_MESSAGE_TOO_BIG', 1009],
    ['text that is not UTF-8', hex('81 02 c328'), 'ERR_WS_INVALID_UTF8', 1007],
    ['half a close code', hex('88 01 03'), 'ERR_WS_CLOSE_PAYLOAD_LENGTH', 1002],
    ['a close code that must not be sent', hex('88 02 03ee'), 'ERR_WS_CLOSE_CODE', 1002],
    ['a close reason that is not UTF-8', hex('88 04 03e8 c328'), 'ERR_WS_CLOSE_REASON_UTF8', 1007],
  ])('fail the connection: %s', async (_name, bytes, code, closeCode) => {
    const messages: unknown[] = [];
    const { peer, received, socket } = await meet(bytes, {
      message: (_peer, message) => void messages.push(message),
    });
    await vi.waitUntil(() => received().length >= 8, { interval: 2 });
    socket.end();
    const record = await peer.closed;
    expect(record).toMatchObject({
      sent: { code: closeCode },
      wasClean: false,
      cause: { type: 'violation', violation: { code } },
    });
    expect(messages).toEqual([]);
    expect(received()[0]).toBe(0x88);
    expect((received()[1] ?? 0) & 0x80).toBe(0x80);
  });
});

describe('floods', () => {
  it.each<[string, Uint8Array]>([
    ['one-byte fragments', frame(Opcode.Continuation, 'x', false)],
    ['empty fragments', frame(Opcode.Continuation, '', false)],
  ])('of %s end after 1,024 of them', async (_name, fragment) => {
    const flood = Buffer.concat([frame(Opcode.Text, '', false), ...Array<Uint8Array>(20_000).fill(fragment)]);
    const { peer, socket } = await meet(flood);
    socket.on('end', () => socket.end());
    expect(await peer.closed).toMatchObject({
      sent: { code: 1008 },
      cause: { type: 'violation', violation: { code: 'ERR_WS_TOO_MANY_FRAGMENTS' } },
    });
  });

  it('of fragments end at the most bytes of a message', async () => {
    const piece = frame(Opcode.Continuation, 'x'.repeat(10_000), false);
    const { peer, socket } = await meet(frame(Opcode.Text, '', false), { maxMessageBytes: 100_000 });
    socket.write(Buffer.concat(Array<Uint8Array>(20).fill(piece)));
    socket.on('end', () => socket.end());
    expect(await peer.closed).toMatchObject({
      sent: { code: 1009 },
      cause: { type: 'violation', violation: { code: 'ERR_WS_MESSAGE_TOO_BIG' } },
    });
  });

  it('of Pings hold neither messages up nor memory', async () => {
    const pings = Buffer.concat(Array<Uint8Array>(50_000).fill(frame(Opcode.Ping, 'x'.repeat(125))));
    const { peer, socket, received } = await meet('');
    socket.write(pings);
    socket.write(Buffer.concat([text('still here'), frame(Opcode.Close)]));
    expect(await messagesOf(peer)).toEqual(['still here']);
    expect(await peer.closed).toMatchObject({ wasClean: true });
    // As many Pongs as Pings at most: several may be answered by one (RFC 6455 §5.5.3).
    expect(received().length).toBeLessThanOrEqual(50_000 * (125 + 6) + 100);
    expect(received().length).toBeGreaterThan(0);
  });

  it('of Pings to which nobody reads the Pongs do not fill memory', async () => {
    const { peer, socket } = await meet('');
    socket.pause();
    const pings = Buffer.concat(Array<Uint8Array>(10_000).fill(frame(Opcode.Ping, 'x'.repeat(125))));
    for (let round = 0; round < 20; round++) {
      socket.write(pings);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(peer.bufferedBytes).toBeLessThan(4 * 1024 * 1024);
  });

  it('of messages that nobody takes stop at the socket', async () => {
    const { peer, socket } = await meet('');
    const message = frame(Opcode.Binary, Buffer.alloc(64 * 1024));
    let sent = 0;
    while (socket.write(message) && sent < 1_000) sent++;
    for (let round = 0; round < 50 && sent < 1_000; round++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      while (!socket.writableNeedDrain && sent++ < 1_000) socket.write(message);
    }
    expect(socket.writableNeedDrain).toBe(true);
    expect(peer.state).toBe('open');
  });

  it('of bytes for an announced message cost no more than came', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const header = hex('82 7f 0000000040000000');
    const { peer } = await meet(header, { maxMessageBytes: 2 ** 31 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    expect(peer.state).toBe('open');
  });
});

describe('an end out of order', () => {
  it('ignores what comes behind the Close frame', async () => {
    const { peer } = await meet(Buffer.concat([text('a'), frame(Opcode.Close), text('b'), hex('ffff')]));
    expect(await messagesOf(peer)).toEqual(['a']);
    expect(await peer.closed).toMatchObject({
      code: 1005,
      wasClean: true,
      cause: { type: 'closing-handshake' },
    });
  });

  it('gives a server that never answers a Close its time, and no more', async () => {
    const { peer, server } = await meet('', { closeTimeoutMs: 50 });
    const startedAt = performance.now();
    const record = await peer.close();
    expect(performance.now() - startedAt).toBeGreaterThan(40);
    expect(record).toMatchObject({
      code: 1006,
      received: null,
      sent: { code: 1000 },
      wasClean: false,
      cause: { type: 'timeout', deadline: 'closing-handshake' },
    });
    await vi.waitUntil(() => server.open === 0, { interval: 2 });
  });

  it('gives a server that answers a Close and keeps the socket its time, too', async () => {
    const { peer, server } = await meet(frame(Opcode.Close), { closeTimeoutMs: 50 });
    expect(await peer.closed).toMatchObject({ wasClean: true });
    await vi.waitUntil(() => server.open === 0, { interval: 2 });
  });

  it('reports a reset', async () => {
    const { peer, socket } = await meet(text('last words'));
    const messages = messagesOf(peer);
    await vi.waitFor(() => expect(peer.state).toBe('open'));
    await new Promise((resolve) => setTimeout(resolve, 10));
    socket.resetAndDestroy();
    expect(await peer.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      cause: { type: 'transport', error: { code: 'ECONNRESET' } },
    });
    expect(await messages).toEqual(['last words']);
  });

  it('reports an end in the middle of a frame', async () => {
    const { peer, socket } = await meet(text('whole').subarray(0, 4));
    socket.end();
    expect(await peer.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      cause: { type: 'end-of-stream' },
    });
  });

  it('gives up a server that is silent beyond its keepalive', async () => {
    const { peer, server, received } = await meet('', { keepalive: { intervalMs: 30, graceMs: 30 } });
    expect(await peer.closed).toMatchObject({
      code: 1006,
      cause: { type: 'timeout', deadline: 'keepalive' },
    });
    expect(received()[0]).toBe(0x89);
    await vi.waitUntil(() => server.open === 0, { interval: 2 });
  });
});
