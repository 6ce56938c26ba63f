import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { Server } from 'ieum/dialects/socketio';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { launchChromium } from '../support/chromium.js';
import { serve } from '../support/serve.js';

let browser: Browser;
let script: Buffer;

beforeAll(async () => {
  const { resolve } = createRequire(import.meta.url);
  const home = resolve('socket.io-client/package.json').replace('package.json', '');
  [browser, script] = await Promise.all([launchChromium(), readFile(`${home}dist/socket.io.min.js`)]);
});

afterAll(() => browser?.close());

/** A page that has the official client, of a server with its Socket.IO, or of another origin. */
async function stage(options: ConstructorParameters<typeof Server>[0] = {}, isElsewhere = false) {
  const errors: unknown[] = [];
  const io = new Server({ reportError: (error) => errors.push(error), ...options });
  onTestFinished(() => io.close());
  const request = (incoming: { url?: string | undefined }, response: { end(body: string | Buffer): void }) =>
    response.end(
      incoming.url === '/client.js' ? script : '<!doctype html><script src="/client.js"></script>',
    );
  const { port } = await serve<unknown>({ ...io.endpoints, request, allowOrigin: 'any' });
  const host = isElsewhere ? (await serve<unknown>({ request, routes: {} })).port : port;
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${host}/`);
  return { io, page, url: `http://127.0.0.1:${port}`, errors };
}

/** Runs something in the page, with a client at hand. */
function inPage<Result>(page: Page, url: string, options: object, script: string): Promise<Result> {
  return page.evaluate(
    `(async () => {
      const socket = io(${JSON.stringify(url)}, ${JSON.stringify({ reconnectionDelay: 20, ...options })});
      const told = (event) => new Promise((resolve) => socket.once(event, resolve));
      ${script}
    })()`,
  ) as Promise<Result>;
}

describe.each([[['polling']], [['websocket']], [['polling', 'websocket']]])(
  'the official client in Chromium, over %j',
  (transports) => {
    test('sends and gets text and bytes, acknowledged, in order', async () => {
      const { io, page, url, errors } = await stage();
      io.on('connection', (socket) => {
        socket.on('echo', (value, ack) => ack(value));
        for (let i = 0; i < 100; i++) socket.emit('n', i);
      });
      const result = await inPage<unknown>(
        page,
        url,
        { transports },
        `
        const numbers = [];
        socket.on('n', (n) => numbers.push(n));
        await told('connect');
        const text = await socket.emitWithAck('echo', 'grüße, 이음');
        const bytes = await socket.emitWithAck('echo', { deep: [new Uint8Array([1, 2, 3])] });
        const large = await socket.emitWithAck('echo', new Uint8Array(300_000).fill(7));
        while (numbers.length < 100) await new Promise((resolve) => setTimeout(resolve, 5));
        const engine = socket.io.engine;
        if (engine.transport.name !== ${JSON.stringify(transports.at(-1))}) await new Promise((resolve) => engine.once('upgrade', resolve));
        return [text, [...new Uint8Array(bytes.deep[0])], large.byteLength, numbers, engine.transport.name];
        `,
      );
      const numbers = Array.from({ length: 100 }, (_, i) => i);
      expect(result).toEqual(['grüße, 이음', [1, 2, 3], 300_000, numbers, transports.at(-1)]);
      expect(errors).toEqual([]);
    });

    test('comes back when its connection breaks, and has what it missed', async () => {
      const { io, page, url } = await stage({ connectionStateRecovery: {} });
      io.on('connection', (socket) => {
        socket.join('room');
        socket.on('disconnect', () => io.to('room').emit('missed', 1));
      });
      const result = await inPage<unknown>(
        page,
        url,
        { transports },
        `
        await told('connect');
        const id = socket.id;
        const missed = told('missed');
        socket.io.engine.close();
        await told('connect');
        return [await missed, socket.recovered, socket.id === id];
        `,
      );
      expect(result).toEqual([1, true, true]);
    });
  },
);

test('a page of another origin may poll only where that was said', async () => {
  const refused = await stage({}, true);
  const script =
    "return await Promise.race([told('connect').then(() => 'in'), told('connect_error').then(() => 'out')]);";
  const options = { transports: ['polling'], reconnection: false };
  expect(await inPage(refused.page, refused.url, options, script)).toBe('out');
  const admitted = await stage({ cors: { origin: /^http:\/\/127\.0\.0\.1:\d+$/, credentials: true } }, true);
  expect(await inPage(admitted.page, admitted.url, { ...options, withCredentials: true }, script)).toBe('in');
});
