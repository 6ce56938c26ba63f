import { createServer as createHttpServer } from 'node:http';

import { type CloseRecord, createServer } from 'ieum';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { createCertificates } from '../support/certificates.js';
import { launchChromium } from '../support/chromium.js';
import { listen } from '../support/listener.js';
import { PageClient } from './chromium-client.js';
import { testForeignClient } from './client-contract.js';
import { Mailbox } from './mailbox.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

/** A browser's window of its own; the certificates of these tests are known to nobody but them. */
async function openContext(): Promise<BrowserContext> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  onTestFinished(() => context.close());
  return context;
}

testForeignClient('Chromium', async (origin) => PageClient.open(await browser.newContext(), origin), {
  sendFragments: false,
  ping: false,
});

describe('a page', () => {
  it('of another origin is refused, one of the same origin is not', async () => {
    const server = createServer<unknown>({
      routes: { '/echo': { message: (peer, message) => peer.send(message) } },
      request: (_request, response) => void response.end(),
    });
    onTestFinished(() => server.close());
    const elsewhere = await listen(createHttpServer((_request, response) => response.end()));
    onTestFinished(() => elsewhere.close());
    const { port } = await server.listen();
    const context = await openContext();
    const statuses: unknown[] = [];
    context.on('console', (message) => statuses.push(/response code: (\d+)/.exec(message.text())?.[1]));

    const stranger = await PageClient.open(context, `http://127.0.0.1:${elsewhere.port}`);
    await expect(stranger.connect(`ws://127.0.0.1:${port}/echo`)).rejects.toEqual({ code: 1006, reason: '' });
    expect(statuses).toEqual(['403']);

    const own = await PageClient.open(context, `http://127.0.0.1:${port}`);
    const connection = await own.connect(`ws://127.0.0.1:${port}/echo`);
    connection.send('hello');
    expect(await connection.nextMessage()).toBe('hello');
  });

  it('connects over TLS', async () => {
    const records = new Mailbox<CloseRecord>();
    const server = createServer<unknown>({
      tls: (await createCertificates()).server,
      routes: {
        '/echo': {
          message: (peer, message) => peer.send(message),
          closed: (_peer, record) => records.put(record),
        },
      },
      request: (_request, response) => void response.end(),
    });
    onTestFinished(() => server.close());
    const { port } = await server.listen();
    const page = await PageClient.open(await openContext(), `https://localhost:${port}`);
    const connection = await page.connect(`wss://localhost:${port}/echo`);
    const data = new Uint8Array(300_000).fill(7);
    connection.send(data);
    expect(Buffer.from((await connection.nextMessage()) as Uint8Array).equals(data)).toBe(true);
    connection.close(3000, 'done');
    expect(await records.next()).toMatchObject({ code: 3000, reason: 'done', wasClean: true });
  });

  it('that is left tells so', async () => {
    const records = new Mailbox<CloseRecord>();
    const server = createServer<unknown>({
      routes: { '/echo': { closed: (_peer, record) => records.put(record) } },
      request: (_request, response) => void response.end(),
    });
    onTestFinished(() => server.close());
    const { port } = await server.listen();
    const page = await PageClient.open(await openContext(), `http://127.0.0.1:${port}`);
    await page.connect(`ws://127.0.0.1:${port}/echo`);
    await page.stop();
    expect(await records.next()).toMatchObject({ code: 1001, first: 'received' });
  });
});
