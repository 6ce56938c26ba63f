import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { launchChromium } from '../support/chromium.js';
import { type ServedConsole, serveConsole } from './served-console.js';

let browser: Browser;
let served: ServedConsole;

beforeAll(async () => {
  [browser, served] = await Promise.all([launchChromium(), serveConsole()]);
});

afterAll(async () => {
  await browser?.close();
  await served?.stop();
});

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
}

const looks: readonly Look[] = [
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 1280, height: 800, colorScheme: 'dark' },
  { width: 360, height: 740, colorScheme: 'light' },
  { width: 360, height: 740, colorScheme: 'dark' },
];

/** Opens the console in a window of its own. Whatever the page complains of is in `complaints`. */
async function openConsole({
  width,
  height,
  colorScheme,
}: Look): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  await page.exposeFunction('complain', (text: string) => complaints.push(text));
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => complain(event.violatedDirective + ' ' + event.blockedURI))",
  );
  await page.goto(served.url);
  await page.getByRole('status').filter({ hasText: 'Connected to /echo' }).waitFor();
  return { page, complaints };
}

/** How far the page could be scrolled sideways. */
const sidewaysPixels = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe.each(looks)('the console at $width × $height, $colorScheme', (look) => {
  it('shows a typed message as sent and as received', async () => {
    const { page, complaints } = await openConsole(look);
    await page.getByLabel('Message', { exact: true }).fill('grüße, 이음');
    await page.keyboard.press('Enter');
    const rows = page.getByRole('row').filter({ hasText: 'grüße, 이음' });
    await rows.nth(1).waitFor();
    expect(await rows.count()).toBe(2);
    expect(await rows.nth(0).getByRole('img', { name: 'sent' }).count()).toBe(1);
    expect(await rows.nth(1).getByRole('img', { name: 'received' }).count()).toBe(1);
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('');
    expect(complaints).toEqual([]);
  });

  it('fits its width, whatever is received', async () => {
    const { page, complaints } = await openConsole(look);
    expect(await sidewaysPixels(page)).toBe(0);
    await page.getByLabel('Message', { exact: true }).fill('wide'.repeat(500));
    await page.keyboard.press('Enter');
    await page.getByRole('row').filter({ hasText: 'wide' }).nth(1).waitFor();
    await page.getByRole('row').filter({ hasText: 'wide' }).nth(1).click();
    expect(await sidewaysPixels(page)).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('is drawn in the colours that the system prefers', async () => {
    const { page } = await openConsole(look);
    const brightness = await page.evaluate<number>(
      'Math.max(...getComputedStyle(document.documentElement).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number))',
    );
    const theme = await page.evaluate<string>('document.documentElement.dataset.theme');
    expect(theme).toBe(look.colorScheme);
    if (look.colorScheme === 'light') expect(brightness).toBeGreaterThan(200);
    else expect(brightness).toBeLessThan(60);
  });
});

describe('the console', () => {
  const look: Look = { width: 1280, height: 800, colorScheme: 'light' };

  it('closes with the code and reason that are asked for, and connects again', async () => {
    const { page, complaints } = await openConsole(look);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page
      .getByRole('status')
      .filter({ hasText: /closed/i })
      .waitFor();
    await page
      .getByRole('button', { name: /connect/i })
      .first()
      .click();
    await page.getByRole('status').filter({ hasText: 'Connected to /echo' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('says so when the server is gone', async () => {
    const own = await serveConsole();
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(own.url);
    await page.getByRole('status').filter({ hasText: 'Connected to /echo' }).waitFor();
    await own.stop();
    await page.getByRole('status').filter({ hasText: '1001' }).waitFor();
  });
});
