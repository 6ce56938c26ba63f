import { getEventListeners } from 'node:events';
import { createServer as createTcpServer } from 'node:net';

import { type ConnectOptions, connect } from 'ieum';
import { expect, it, onTestFinished, vi } from 'vitest';

import { type Listener, listen } from '../support/listener.js';
import {
  acceptance,
  answer,
  redirection,
  type ServerScript,
  startScriptedServer,
} from '../support/scripted-server.js';

interface Stage {
  /** Starts what is connected to; `reach` is called when the attempt is as far as it shall come. */
  start(reach: () => void): Promise<{ listener: Listener; url: string; options?: ConnectOptions }>;
}

const scripted = (script: (reach: () => void) => ServerScript, options?: ConnectOptions): Stage => ({
  async start(reach) {
    const listener = await startScriptedServer(script(reach));
    return { listener, url: listener.url, ...(options === undefined ? {} : { options }) };
  },
});

/** A server that is connected to and then says nothing. */
const silent = (
  url: (port: number) => string,
  options: (port: number) => ConnectOptions = () => ({}),
): Stage => ({
  async start(reach) {
    const server = createTcpServer((socket) => socket.resume().once('data', reach));
    const listener = await listen(server);
    return { listener, url: url(listener.port), options: options(listener.port) };
  },
});

const stages: [string, Stage][] = [
  ['TLS', silent((port) => `wss://127.0.0.1:${port}`)],
  [
    'an HTTP proxy',
    silent(
      () => 'ws://a.invalid',
      (port) => ({ proxy: `http://127.0.0.1:${port}` }),
    ),
  ],
  [
    'a SOCKS proxy',
    silent(
      () => 'ws://a.invalid',
      (port) => ({ proxy: `socks5h://127.0.0.1:${port}` }),
    ),
  ],
  ['the answer', scripted((reach) => reach)],
  [
    'the rest of the answer',
    scripted((reach) => (socket, request) => {
      socket.write(acceptance(request).slice(0, 30), () => setTimeout(reach, 5));
    }),
  ],
  [
    'the body of a refusal',
    scripted((reach) => (socket) => {
      socket.write(answer(403, { 'Content-Length': '5' }), () => setTimeout(reach, 5));
    }),
  ],
  [
    'the answer behind a redirect',
    scripted(
      (reach) => (socket, request) =>
        request.target === '/there' ? reach() : socket.end(redirection('/there')),
      { maxRedirects: 1 },
    ),
  ],
];

it.each(stages)('an attempt that waits for %s is given up, and no socket is left', async (_name, stage) => {
  const controller = new AbortController();
  const reason = new Error('changed my mind');
  const { listener, url, options } = await stage.start(() => controller.abort(reason));
  onTestFinished(() => listener.close());
  await expect(connect(url, { ...options, signal: controller.signal })).rejects.toBe(reason);
  expect(listener.accepted).toBeGreaterThan(0);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await vi.waitUntil(() => listener.open === 0, { interval: 2 });
});

it('an attempt whose signal is aborted before it begins connects to nobody', async () => {
  const listener = await startScriptedServer(() => {});
  onTestFinished(() => listener.close());
  const signal = AbortSignal.abort('no');
  await expect(connect(listener.url, { signal })).rejects.toBe('no');
  expect(listener.accepted).toBe(0);
});

it('an attempt that is given up in the tick in which it begins leaves no socket', async () => {
  const listener = await startScriptedServer(() => {});
  onTestFinished(() => listener.close());
  const controller = new AbortController();
  const attempt = connect(listener.url, { signal: controller.signal });
  controller.abort();
  await expect(attempt).rejects.toMatchObject({ name: 'AbortError' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(listener.open).toBe(0);
});

it('a signal with a time limit gives its own reason', async () => {
  const listener = await startScriptedServer(() => {});
  onTestFinished(() => listener.close());
  await expect(connect(listener.url, { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
});
