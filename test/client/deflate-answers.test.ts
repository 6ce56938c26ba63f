import {
  type ConnectOptions,
  connect,
  createServer,
  type DeflateOptions,
  HandshakeError,
  type Peer,
  WebSocket,
  WebSocketStream,
} from 'ieum';
import { describe, expect, it, onTestFinished } from 'vitest';

import { acceptance, startScriptedServer } from '../support/scripted-server.js';

/** Connects to a server that answers an offer with `extensions`. */
async function meet(extensions: string | readonly string[], options: ConnectOptions) {
  const sockets: { readonly destroyed: boolean }[] = [];
  const server = await startScriptedServer((socket, request) => {
    sockets.push(socket);
    socket.write(acceptance(request, { 'Sec-WebSocket-Extensions': extensions }));
  });
  onTestFinished(() => server.close());
  const outcome = await connect(server.url, options).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) onTestFinished(() => (outcome as Peer).terminate());
  return { outcome, offer: server.requests[0]?.field('Sec-WebSocket-Extensions') };
}

const wishes: DeflateOptions = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

describe('a client', () => {
  it.each<[options: DeflateOptions | boolean, offer: string | undefined]>([
    [false, undefined],
    [
      true,
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits',
    ],
    [wishes, 'permessage-deflate; client_max_window_bits'],
    [
      { ...wishes, serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
      'permessage-deflate; server_max_window_bits=9; client_max_window_bits=10',
    ],
  ])('told %o offers %s', async (permessageDeflate, offer) => {
    const met = await meet([], { permessageDeflate });
    expect(met.offer).toBe(offer);
    expect((met.outcome as Peer).extensions).toBe('');
  });

  it.each<[answer: string | readonly string[], options?: DeflateOptions]>([
    ['permessage-deflate'],
    ['permessage-deflate; server_no_context_takeover'],
    ['permessage-deflate; client_no_context_takeover; server_max_window_bits=8'],
    ['permessage-deflate; client_max_window_bits=8'],
    ['permessage-deflate; server_max_window_bits="10"'],
    ['permessage-deflate; server_max_window_bits=9', { ...wishes, serverMaxWindowBits: 9 }],
  ])('goes along with %s', async (answer, options = wishes) => {
    const { outcome } = await meet(answer, { permessageDeflate: options });
    expect((outcome as Peer).extensions).toBe(String(answer).replaceAll('"', ''));
  });

  it.each<[answer: string | readonly string[], options?: DeflateOptions | boolean]>([
    ['permessage-deflate', false],
    ['x-other'],
    ['permessage-deflate, x-other'],
    ['permessage-deflate, permessage-deflate'],
    [['permessage-deflate', 'permessage-deflate']],
    [''],
    ['permessage-deflate;'],
    ['permessage-deflate; client_max_window_bits='],
    ['permessage-deflate; server_max_window_bits="10'],
    ['permessage-deflate; unknown'],
    ['permessage-deflate; server_no_context_takeover=1'],
    ['permessage-deflate; client_no_context_takeover; client_no_context_takeover'],
    ['permessage-deflate; server_max_window_bits'],
    ['permessage-deflate; client_max_window_bits'],
    ['permessage-deflate; server_max_window_bits=16'],
    ['permessage-deflate; server_max_window_bits=010'],
    ['permessage-deflate; client_max_window_bits=7'],
    ['permessage-deflate; client_max_window_bits=12; client_max_window_bits=12'],
    ['permessage-deflate', { serverNoContextTakeover: true, serverMaxWindowBits: 15 }],
    ['permessage-deflate', { ...wishes, serverMaxWindowBits: 14 }],
    ['permessage-deflate; server_max_window_bits=15', { ...wishes, serverMaxWindowBits: 14 }],
  ])('fails on %s', async (answer, options = wishes) => {
    const { outcome } = await meet(answer, { permessageDeflate: options });
    expect(outcome).toBeInstanceOf(HandshakeError);
    expect(outcome).toMatchObject({ code: 'ERR_WS_HANDSHAKE_EXTENSIONS' });
  });

  it('that fails leaves no connection behind', async () => {
    let gone = () => {};
    const isGone = new Promise<void>((resolve) => (gone = resolve));
    const server = await startScriptedServer((socket, request) => {
      socket.on('close', gone);
      socket.write(acceptance(request, { 'Sec-WebSocket-Extensions': 'permessage-deflate; unknown' }));
    });
    onTestFinished(() => server.close());
    await expect(connect(server.url, { permessageDeflate: true })).rejects.toThrow(HandshakeError);
    await isGone;
  });
});

describe('with permessage-deflate', () => {
  async function serve(): Promise<string> {
    const server = createServer<unknown>({
      permessageDeflate: { thresholdBytes: 0 },
      routes: { '/': { message: (peer, message) => peer.send(message) } },
    });
    onTestFinished(() => server.close());
    const { port } = await server.listen();
    return `ws://127.0.0.1:${port}`;
  }
  const granted =
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12';
  const text = 'hello '.repeat(50_000);

  it('a WebSocket tells of it and uses it', async () => {
    const socket = new WebSocket(await serve(), { permessageDeflate: { thresholdBytes: 10 } });
    expect(socket.extensions).toBe('');
    const echoed = new Promise<string>((resolve, reject) => {
      socket.onopen = () => socket.send(text);
      socket.onerror = reject;
      socket.onmessage = ({ data }) => resolve(data);
    });
    expect((await echoed) === text).toBe(true);
    expect(socket.extensions).toBe(granted);
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
    socket.close();
    expect(await closed).toMatchObject({ wasClean: true });
    expect(socket.bufferedAmount).toBe(0);
  });

  it('a WebSocket does not offer it unless it is told', async () => {
    const socket = new WebSocket(await serve());
    await new Promise((resolve) => (socket.onopen = resolve as () => void));
    expect(socket.extensions).toBe('');
    socket.close();
  });

  it('a WebSocketStream tells of it, and a write is done when it is out', async () => {
    const stream = new WebSocketStream(await serve(), { permessageDeflate: true });
    const { extensions, readable, writable } = await stream.opened;
    expect(extensions).toBe(granted);
    const writer = writable.getWriter();
    const reader = readable.getReader();
    for (let i = 0; i < 5; i++) {
      await writer.write(`${i} ${text}`);
      expect((await reader.read()).value === `${i} ${text}`).toBe(true);
    }
    stream.close();
    await stream.closed;
  });

  it('a write to a WebSocketStream that is closed meanwhile is done all the same', async () => {
    const stream = new WebSocketStream(await serve(), { permessageDeflate: true });
    const { writable } = await stream.opened;
    const writer = writable.getWriter();
    const written = Promise.allSettled([writer.write(text), writer.close()]);
    stream.close();
    await stream.closed;
    await written;
  });

  it('bad options are told at once', () => {
    const make = () => new WebSocket('ws://127.0.0.1:1', { permessageDeflate: { level: 10 } });
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }));
  });
});
