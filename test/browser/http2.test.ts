import type { CloseRecord, ServerOptions, UpgradeRequest } from 'ieum';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { launchChromium } from '../support/chromium.js';
import { serve } from '../support/serve.js';

let browser: Browser;
let certificates: Certificates;

beforeAll(async () => {
  [browser, certificates] = await Promise.all([launchChromium(), createCertificates()]);
});

afterAll(async () => {
  await browser?.close();
});

/** A page that a server of ours has given to Chromium over HTTP/2, and what the server saw. */
async function openPage(options: Partial<ServerOptions<undefined>> = {}) {
  const requests: UpgradeRequest[] = [];
  const records: CloseRecord[] = [];
  const served = await serve<undefined>({
    tls: certificates.server,
    request: (_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>page</title>');
    },
    routes: {
      '/echo': {
        subprotocols: ['chat'],
        open: (peer) => void requests.push(peer.request),
        message: (peer, message) => peer.send(message),
        closed: (_peer, record) => void records.push(record),
      },
    },
    ...options,
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`https://127.0.0.1:${served.port}/`);
  return { ...served, page, requests, records };
}

/** Connects from the page, has every message sent back, closes, and tells what happened. */
function converse(page: Page, url: string, messages: readonly string[]): Promise<Conversation> {
  return page.evaluate(
    `new Promise((resolve) => {
      const socket = new WebSocket(${JSON.stringify(url)}, ['chat']);
      const received = [];
      socket.onopen = () => { for (const message of ${JSON.stringify(messages)}) socket.send(message); };
      socket.onmessage = ({ data }) => {
        received.push(data);
        if (received.length === ${messages.length}) socket.close(1000, 'bye');
      };
      socket.onclose = ({ code, reason, wasClean }) =>
        resolve({ received, protocol: socket.protocol, code, reason, wasClean });
    })`,
  );
}

interface Conversation {
  readonly received: readonly string[];
  readonly protocol: string;
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

describe('Chromium on our wss: port', () => {
  test('gets the page and connects over one connection of HTTP/2', async () => {
    const { page, port, requests, records, errors } = await openPage();
    const protocol = await page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol");
    expect(protocol).toBe('h2');
    const messages = ['hello', 'grüße, 이음', 'x'.repeat(200_000)];
    const { received, ...end } = await converse(page, `wss://127.0.0.1:${port}/echo`, messages);
    expect(received.map((message, i) => message === messages[i])).toEqual([true, true, true]);
    expect(end).toEqual({ protocol: 'chat', code: 1000, reason: '', wasClean: true });
    const [request] = requests as [UpgradeRequest];
    // Over HTTP/1.1 there would have been a key, and an Upgrade.
    expect(['Sec-WebSocket-Key', 'Upgrade'].map((name) => request.headers.has(name))).toEqual([false, false]);
    expect([request.secure, request.origin]).toEqual([true, `https://127.0.0.1:${port}`]);
    await expect.poll(() => records).toMatchObject([{ wasClean: true, code: 1000, reason: 'bye' }]);
    expect(errors).toEqual([]);
  });

  test('has many connections at once', async () => {
    const { page, port, requests } = await openPage();
    const url = `wss://127.0.0.1:${port}/echo`;
    const talks = Array.from({ length: 20 }, (_, i) => converse(page, url, [`a ${i}`, `b ${i}`]));
    const received = (await Promise.all(talks)).map((talk) => talk.received);
    expect(received).toEqual(Array.from({ length: 20 }, (_, i) => [`a ${i}`, `b ${i}`]));
    expect(requests.every(({ headers }) => !headers.has('Sec-WebSocket-Key'))).toBe(true);
  });

  test('is refused as over HTTP/1.1', async () => {
    const { page, port, server } = await openPage({ allowOrigin: ['https://example.com'] });
    const refused = await converse(page, `wss://127.0.0.1:${port}/echo`, ['never']);
    expect(refused).toMatchObject({ received: [], code: 1006, wasClean: false });
    expect(server.peers.size).toBe(0);
  });

  test('is told 1001 by a drain', async () => {
    const { page, port, server, requests } = await openPage();
    const closed = page.evaluate(
      `new Promise((resolve) => {
        new WebSocket('wss://127.0.0.1:${port}/echo').onclose = ({ code, wasClean }) => resolve([code, wasClean]);
      })`,
    );
    await expect.poll(() => requests.length).toBe(1);
    expect(await server.drain({ timeoutMs: 5_000 })).toEqual({ closed: 1, terminated: 0 });
    expect(await closed).toEqual([1001, true]);
  });

  test('uses HTTP/1.1 with http2: false', async () => {
    const { page, port, requests } = await openPage({ http2: false });
    const { received } = await converse(page, `wss://127.0.0.1:${port}/echo`, ['hello']);
    expect(received).toEqual(['hello']);
    expect(requests[0]?.headers.has('Sec-WebSocket-Key')).toBe(true);
  });
});
