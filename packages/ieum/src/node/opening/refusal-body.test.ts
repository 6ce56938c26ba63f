import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { listen } from '../../../../../test/support/listener.js';
import { type HeaderField, HeaderFields } from '../../core/handshake/header-fields.js';
import { readRefusalBody } from './refusal-body.js';

/** Reads a body of which `begun` came with the head and `pieces` come later, one by one; then the server ends. */
async function read(
  headers: readonly HeaderField[],
  begun: string,
  pieces: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const socket = await connectTo(async (far) => {
    for (const piece of pieces) {
      far.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    far.end();
  });
  return readRefusalBody(socket, new HeaderFields(headers), Buffer.from(begun), signal);
}

async function connectTo(serve: (socket: Socket) => unknown): Promise<Socket> {
  const listener = await listen(createServer(serve));
  onTestFinished(() => listener.close());
  const socket = connect(listener.port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const chunked: HeaderField = ['Transfer-Encoding', 'chunked'];

it.each<[string, HeaderField[], string, string[], string]>([
  ['came whole', [['Content-Length', '5']], 'hello', [], 'hello'],
  ['came with something behind it', [['Content-Length', '5']], 'hello world', [], 'hello'],
  ['comes in pieces', [['Content-Length', '8']], 'he', ['l', 'lo', 'you', 'more'], 'helloyou'],
  ['ends early', [['Content-Length', '100']], 'he', ['llo'], 'hello'],
  ['is as long as the connection', [], 'he', ['l', 'lo'], 'hello'],
  ['has a length that is none', [['Content-Length', '-1']], 'he', ['llo'], 'hello'],
  ['is empty', [['Content-Length', '0']], '', ['never read'], ''],
  ['is chunked', [chunked], '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n', [], 'hello world'],
  [
    'is chunked, in pieces',
    [chunked],
    '5\r\nhe',
    ['llo', '\r\n', '1;x=y\r\n!\r', '\n0\r\n\r\n', 'more'],
    'hello!',
  ],
  ['is chunked, and is cut', [chunked], '5\r\nhe', [], 'he'],
  ['is chunked, and is no such thing', [chunked], 'hello', [], ''],
  ['is chunked, with a negative size', [chunked], '-5\r\nhello', [], ''],
])('a body that %s is read', async (_name, headers, begun, pieces, text) => {
  expect(await read(headers, begun, pieces)).toBe(text);
});

it.each([
  [[['Content-Length', '1000000'] as const], 'x'],
  [[], 'x'],
])('no more than 4 KiB are read, with headers %j', async (headers, piece) => {
  const text = await read(headers, piece, Array<string>(3).fill(piece.repeat(2_000)));
  expect(text).toHaveLength(4_096);
});

it('a body is waited for half a second', async () => {
  const socket = await connectTo(() => {});
  const startedAt = performance.now();
  const headers = new HeaderFields([['Content-Length', '9']]);
  const text = await readRefusalBody(socket, headers, Buffer.from('begun'), new AbortController().signal);
  expect(text).toBe('begun');
  expect(performance.now() - startedAt).toBeGreaterThan(450);
});

it('the caller’s signal ends the wait with its reason', async () => {
  const socket = await connectTo(() => {});
  const headers = new HeaderFields([['Content-Length', '9']]);
  const controller = new AbortController();
  const reading = readRefusalBody(socket, headers, Buffer.alloc(0), controller.signal);
  controller.abort('changed my mind');
  await expect(reading).rejects.toBe('changed my mind');
});

it('a reset in the body is only its end', async () => {
  const socket = await connectTo((far) =>
    far.write('par', () => setTimeout(() => far.resetAndDestroy(), 20)),
  );
  const headers = new HeaderFields([['Content-Length', '9']]);
  expect(await readRefusalBody(socket, headers, Buffer.alloc(0), new AbortController().signal)).toBe('par');
});
