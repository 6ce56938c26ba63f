import { fileURLToPath } from 'node:url';

import { driveClient } from '@ieum/check';
import { WebSocket } from 'ieum';
import type { Browser } from 'playwright-core';
import WsWebSocket from 'ws';

/** Runs a client through the cases of a tester that listens at a URL. */
export type ClientDriver = (base: string) => Promise<void>;

/** Our WHATWG `WebSocket`. */
export function driveIeum(base: string, options?: ConstructorParameters<typeof WebSocket>[1]): Promise<void> {
  return driveClient(base, 'ieum', (url) => new WebSocket(url, options));
}

/** The client of `ws`, which offers permessage-deflate. */
export function driveWs(base: string, options: WsWebSocket.ClientOptions = {}): Promise<void> {
  return driveClient(base, 'ws', (url) => new WsWebSocket(url, options));
}

/** The `WebSocket` of a page in Chromium. */
export async function driveChromium(base: string, browser: Browser): Promise<void> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await page.addScriptTag({ path: pageScript });
    await page.evaluate(`driveClient(${JSON.stringify(base)}, 'chromium')`);
  } finally {
    await context.close();
  }
}

const pageScript = fileURLToPath(new URL('echo-page.js', import.meta.url));
