import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createKit } from '../dialects/stomp/kit.js';
import { scenarios } from '../dialects/stomp/scenarios.js';
import { startStompServer } from '../dialects/stomp/stomp-server.js';
import { launchChromium } from '../support/chromium.js';

const bundle = readFileSync(createRequire(import.meta.url).resolve('@stomp/stompjs'), 'utf8');
const { port, close } = await startStompServer({
  '/': '<!doctype html><title>stomp</title><script src="/stomp.js"></script>',
  '/stomp.js': bundle,
});

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.evaluate(
    `globalThis.kit = (${createKit})(StompJs, { brokerURL: 'ws://127.0.0.1:${port}/stomp' })`,
  );
});

afterAll(async () => {
  await browser?.close();
  await close();
});

describe('the official client in Chromium', () => {
  test.each(scenarios)('$name', async ({ run, expected }) => {
    const outcome = await page.evaluate(`({ ${run} }).run(kit)`);
    expect(outcome).toEqual(expected);
  });
});
