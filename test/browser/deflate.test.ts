import { createServer, type DeflateOptions, type Peer } from 'ieum';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { PageClient } from '../interop/chromium-client.js';
import { launchChromium } from '../support/chromium.js';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

const takeover = { serverNoContextTakeover: false, clientNoContextTakeover: false };

describe('Chromium', () => {
  it.each<[options: DeflateOptions, extensions: string]>([
    [
      {},
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12',
    ],
    [takeover, 'permessage-deflate; server_max_window_bits=12'],
    [
      { ...takeover, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
      'permessage-deflate; server_max_window_bits=9; client_max_window_bits=9',
    ],
    [{ ...takeover, serverMaxWindowBits: 15, clientMaxWindowBits: 15 }, 'permessage-deflate'],
    [
      { ...takeover, zlibAccess: 'public', clientMaxWindowBits: 10 },
      'permessage-deflate; server_max_window_bits=12; client_max_window_bits=10',
    ],
  ])('agrees with %o on %s', async (options, extensions) => {
    const peers: Peer<unknown>[] = [];
    const server = createServer<unknown>({
      permessageDeflate: { thresholdBytes: 0, ...options },
      request: (_request, response) => void response.end('<!doctype html><title>ieum</title>'),
      routes: {
        '/': { open: (peer) => void peers.push(peer), message: (peer, message) => peer.send(message) },
      },
    });
    onTestFinished(() => server.close());
    const { port } = await server.listen();
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await PageClient.open(context, `http://127.0.0.1:${port}`);
    const connection = await page.connect(`ws://127.0.0.1:${port}/`);
    expect(peers[0]?.extensions).toBe(extensions);
    for (const length of [0, 1, 20, 700, 33_000, 400_000]) {
      for (const turn of [1, 2]) {
        const text = `${turn} said again, said again 이음 `.repeat(length / 20);
        connection.send(text);
        expect((await connection.nextMessage()) === text).toBe(true);
        const bytes = Buffer.alloc(length, `${turn} bytes`);
        connection.send(bytes);
        expect(Buffer.compare((await connection.nextMessage()) as Uint8Array, bytes)).toBe(0);
      }
    }
    connection.close(4000, 'done');
    expect(await peers[0]?.closed).toMatchObject({ code: 4000, wasClean: true });
  });
});
