import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';

import type { ServerOptions } from 'ieum';
import type { SockJsOptions } from 'ieum/dialects/sockjs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { launchChromium } from '../support/chromium.js';
import { closeService, serveSockJs } from '../support/sockjs-wire.js';

let browser: Browser;
const client = readFileSync(createRequire(import.meta.url).resolve('sockjs-client/dist/sockjs.min.js'));

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

/** Gives the page, and the client that it and frames load. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/sockjs.js') {
    response.setHeader('Content-Type', 'text/javascript');
    response.end(client);
    return;
  }
  response.setHeader('Content-Type', 'text/html');
  response.end('<!doctype html><title>page</title><body><script src="/sockjs.js"></script></body>');
}

/** A page at `host`, on a server with a service that only pages of its own origin may use unless the options say more. */
async function openPage(
  options: Partial<SockJsOptions> = {},
  { host = '127.0.0.1', ...serverOptions }: Partial<ServerOptions<undefined>> & { host?: string } = {},
) {
  const served = await serveSockJs(
    { allowOrigin: 'same-origin', maxResponseBytes: 16_384, ...options },
    { request: answer, ...serverOptions },
  );
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`http://${host}:${served.port}/`);
  return { ...served, page };
}

interface Conversation {
  readonly transport: string | null;
  readonly received: readonly string[];
  readonly code: number | null;
  readonly reason: string | null;
}

/** Connects, sends, and closes when everything came back; or tells how it was closed. */
function converse(page: Page, url: string, transports: readonly string[], messages: readonly string[]) {
  return page.evaluate<Conversation>(
    `new Promise((resolve) => {
      const socket = new SockJS(${JSON.stringify(url)}, null, { transports: ${JSON.stringify(transports)} });
      const received = [];
      let transport = null;
      const end = (code, reason) => resolve({ transport, received, code, reason });
      socket.onopen = () => {
        transport = socket.transport;
        for (const message of ${JSON.stringify(messages)}) socket.send(message);
      };
      socket.onmessage = ({ data }) => {
        received.push(data);
        if (received.length < ${messages.length}) return;
        socket.onclose = null;
        socket.close();
        end(null, null);
      };
      socket.onclose = ({ code, reason }) => end(code, reason);
    })`,
  );
}

const transports = [
  ...['websocket', 'xhr-streaming', 'xhr-polling', 'eventsource', 'htmlfile', 'jsonp-polling'],
  ...['iframe-eventsource', 'iframe-htmlfile', 'iframe-xhr-polling'],
];
const messages = [
  ...['a', '', '</script><!--', '"\\\'\0\n\r\u2028', 'grüße, 이음 😀', '\ud800', '\ufffe\uffff'],
  ...Array.from({ length: 10 }, (_, i) => `${i}`.repeat(4_000)),
];

describe('the official client in Chromium', () => {
  test.each(transports)('converses over %s', async (transport) => {
    const { page, errors } = await openPage();
    const conversation = await converse(page, '/s', [transport], messages);
    expect(conversation.transport).toBe(transport);
    expect(conversation.received.map((text, i) => text === messages[i])).toEqual(messages.map(() => true));
    expect(errors).toEqual([]);
  });

  test.each(transports)('is told goodbye over %s', async (transport) => {
    const { page } = await openPage({ service: closeService });
    const conversation = await converse(page, '/s', [transport], []);
    expect(conversation).toMatchObject({ code: 3000, reason: 'Go away!' });
  });

  test.each(['websocket', 'xhr-streaming', 'xhr-polling', 'eventsource', 'iframe-xhr-polling'])(
    'crosses origins over %s where it may',
    async (transport) => {
      const { page, port } = await openPage({ allowOrigin: 'any' }, { host: 'localhost' });
      const url = `http://127.0.0.1:${port}/s`;
      expect(await converse(page, url, [transport], ['a'])).toMatchObject({ transport, received: ['a'] });
    },
  );

  test('does not cross origins where it may not', async () => {
    const { page, port, sockJs } = await openPage({}, { host: 'localhost' });
    const url = `http://127.0.0.1:${port}/s`;
    expect(await converse(page, url, [], ['a'])).toMatchObject({ transport: null, received: [], code: 1002 });
    expect(sockJs.httpSessions).toBe(0);
  });

  test('falls back by itself when WebSocket is blocked', async () => {
    const { page } = await openPage({}, { routes: {} });
    expect(await converse(page, '/s', [], ['a'])).toMatchObject({
      transport: 'xhr-streaming',
      received: ['a'],
    });
  });

  test('falls back to polling when streams are held up too', async () => {
    const { page } = await openPage({ webSocket: false });
    await page.route(/\/(xhr_streaming|eventsource|htmlfile)/, (route) => route.abort());
    expect(await converse(page, '/s', [], ['a'])).toMatchObject({
      transport: 'xhr-polling',
      received: ['a'],
    });
  });
});
