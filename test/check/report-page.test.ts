import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { formatHtml, formatJunit, type Report, type Verdict } from '@ieum/check';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { launchChromium } from '../support/chromium.js';
import { listen } from '../support/listener.js';
import { reportedCase, reportOf } from '../support/made-report.js';
import { createFolder } from './folder.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: 'light' | 'dark';
}

const desktop: Look = { width: 1280, height: 800, colorScheme: 'light' };
const looks: readonly Look[] = [
  desktop,
  { ...desktop, colorScheme: 'dark' },
  { width: 360, height: 740, colorScheme: 'light' },
  { width: 360, height: 740, colorScheme: 'dark' },
];

const reports: readonly Report[] = [
  reportOf('ieum', { 'framing/a': 'pass', 'framing/b': 'pass', 'utf8/c': 'info', 'utf8/d': 'pass' }),
  reportOf('ws', { 'framing/a': 'pass', 'framing/b': 'fail', 'utf8/c': 'non-strict', 'utf8/e': 'pass' }),
  reportOf('ws', { 'framing/a': 'pass', 'framing/b': 'pass' }, { carrier: 'http2' }),
];

/** Opens a report as people do: as a file. Whatever the page complains of or asks for is in `complaints`. */
async function open(
  shown: readonly Report[],
  look: Look = desktop,
): Promise<{ page: Page; complaints: string[] }> {
  const path = join(await createFolder(), 'report.html');
  await writeFile(path, formatHtml(shown));
  const { width, height, colorScheme } = look;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  const own = pathToFileURL(path).href;
  page.on('request', (request) => {
    if (request.url() !== own && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await page.goto(own);
  return { page, complaints };
}

const visibleIds = async (page: Page) => {
  const ids: string[] = await page.evaluate(
    "[...document.querySelectorAll('.case')].filter((one) => one.checkVisibility()).map((one) => one.id)",
  );
  return ids;
};
const sidewaysPixels = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe.each(looks)('a report at $width × $height, $colorScheme', (look) => {
  test('shows implementations side by side, and complains of nothing', async () => {
    const { page, complaints } = await open(reports, look);
    expect(await visibleIds(page)).toEqual(['framing/a', 'framing/b', 'utf8/c', 'utf8/d', 'utf8/e']);
    const verdicts = page.locator('[id="framing/b"] > summary .verdict');
    expect((await verdicts.allInnerTexts()).map((text) => text.split(/\s+/).at(-1))).toEqual([
      'pass',
      'fail',
      'pass',
    ]);
    expect(complaints).toEqual([]);
  });

  test('says whose verdict is whose', async () => {
    const { page } = await open(reports, look);
    const isPhone = look.width < 600;
    const heading = page.locator('.heading').first().getByText('ws HTTP/2');
    const label = page.locator('[id="framing/b"] > summary').getByText('ws HTTP/2');
    expect(await heading.isVisible()).toBe(!isPhone);
    const { width = 0 } = (await label.boundingBox()) ?? {};
    expect(width > 20).toBe(isPhone);
  });

  test('fits its width, with everything unfolded', async () => {
    const long = reportOf('a long name '.repeat(5), {});
    const wide = { ...reportedCase(`x/${'long-id'.repeat(30)}`, 'fail', 'wide'.repeat(200)) };
    const entry = {
      atMs: 1,
      direction: 'sent',
      line: 'wide'.repeat(400),
      hex: 'ff '.repeat(32),
      bytes: 9,
    } as const;
    const { page } = await open(
      [...reports, { ...long, cases: [{ ...wide, log: [...wide.log, entry] }] }],
      look,
    );
    await page.evaluate("document.querySelectorAll('.case').forEach((one) => { one.open = true; })");
    expect(await sidewaysPixels(page)).toBe(0);
  });

  test('is drawn in the colours that the system prefers', async () => {
    const { page } = await open(reports, look);
    const brightness = await page.evaluate<number>(
      'Math.max(...getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number))',
    );
    if (look.colorScheme === 'light') expect(brightness).toBeGreaterThan(200);
    else expect(brightness).toBeLessThan(60);
  });
});

describe('a report', () => {
  test('is filtered by verdict, group and words', async () => {
    const { page } = await open(reports);
    const chip = (verdict: Verdict) => page.getByRole('checkbox', { name: new RegExp(`^${verdict} `) });
    await chip('pass').uncheck({ force: true });
    expect(await visibleIds(page)).toEqual(['framing/b', 'utf8/c']);
    await page.getByLabel('Group').selectOption('utf8');
    expect(await visibleIds(page)).toEqual(['utf8/c']);
    await chip('pass').check({ force: true });
    await page.getByLabel('Search cases').fill('UTF8/D title');
    expect(await visibleIds(page)).toEqual(['utf8/d']);
    await page.getByLabel('Search cases').fill('nothing like it');
    expect(await visibleIds(page)).toEqual([]);
    await page.getByText('No case fits these filters.').waitFor();
    expect(await page.getByRole('status').innerText()).toBe('0 of 5 cases');
  });

  test('is filtered with the keyboard alone', async () => {
    const { page } = await open(reports);
    await page.getByRole('checkbox', { name: /^pass / }).focus();
    await page.keyboard.press('Space');
    expect(await visibleIds(page)).toEqual(['framing/b', 'utf8/c']);
  });

  test('unfolds what a case found and its wire log', async () => {
    const { page } = await open(reports);
    const one = page.locator('[id="framing/b"]');
    await one.locator('summary').click();
    await one.getByText('framing/b found this').waitFor();
    expect(await one.locator('.finding').count()).toBe(1);
    expect(await one.locator('.log li').count()).toBe(3);
    await one.getByText('88 02 03 e8').waitFor();
    await one.getByText('RFC 6455 §5.2').waitFor();
  });

  test('opens at the case that its address names', async () => {
    const { page } = await open(reports);
    await page.goto(`${page.url()}#utf8/c`);
    await page.locator('[id="utf8/c"][open]').waitFor();
  });

  test('shows what peers sent as text and nothing else', async () => {
    const evil = `</script><img src=x onerror="document.title='gotcha'"><b class="gotcha">"'&`;
    const cases = [{ ...reportedCase('x/evil', 'fail', evil), title: evil }];
    const { page, complaints } = await open([reportOf(evil, {}, { cases, url: evil })]);
    expect(await page.locator('.gotcha').count()).toBe(0);
    expect(await page.title()).toContain(evil);
    await page.locator('summary').first().click();
    await page.locator('.finding').getByText(evil).last().waitFor();
    expect(complaints).toEqual([]);
  });

  test('asks a server for nothing more, when one has it', async () => {
    const asked: string[] = [];
    const server = await listen(
      createServer((request, response) => {
        asked.push(request.url ?? '');
        response.setHeader('Content-Type', 'text/html').end(formatHtml(reports));
      }),
    );
    onTestFinished(() => server.close());
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await page.waitForLoadState('networkidle');
    expect(asked).toEqual(['/']);
  });
});

describe('a report as JUnit XML', () => {
  interface ParsedTest {
    readonly suite: string;
    readonly name: string;
    readonly classname: string;
    readonly failure: string | null;
    readonly output: string | null;
  }
  interface Parsed {
    readonly error: string | null;
    readonly totals: readonly string[];
    readonly tests: readonly ParsedTest[];
  }

  /** Reads XML as a browser does, strictly. */
  async function parse(xml: string): Promise<Parsed> {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    return page.evaluate(`(() => {
      const root = new DOMParser().parseFromString(${JSON.stringify(xml)}, 'text/xml');
      const textOf = (element, name) => element.querySelector(name)?.textContent ?? null;
      return {
        error: textOf(root, 'parsererror'),
        totals: ['tests', 'failures', 'errors'].map((name) => root.documentElement.getAttribute(name)),
        tests: [...root.querySelectorAll('testsuite > testcase')].map((one) => ({
          suite: one.parentElement.getAttribute('name'),
          name: one.getAttribute('name'),
          classname: one.getAttribute('classname'),
          failure: textOf(one, 'failure'),
          output: textOf(one, 'system-out'),
        })),
      };
    })()`);
  }

  const report = reportOf('ws', {
    'framing/a': 'pass',
    'framing/b': 'fail',
    'utf8/c': 'non-strict',
    'utf8/d': 'info',
  });

  test('has a suite for each group, a test for each case, and the log of what failed', async () => {
    const { error, totals, tests } = await parse(formatJunit(report));
    expect({ error, totals }).toEqual({ error: null, totals: ['4', '1', '0'] });
    expect(tests.map(({ suite, failure }) => [suite, failure !== null])).toEqual([
      ['framing', false],
      ['framing', true],
      ['utf8', false],
      ['utf8', false],
    ]);
    expect(tests[1]).toMatchObject({ name: 'framing/b: the title of framing/b', classname: 'ws.framing' });
    expect(tests[1]?.failure).toContain('88 02 03 e8');
    expect(tests[2]?.output).toContain('utf8/c found this');
  });

  test('counts non-strict as failures when it is strict', async () => {
    const { totals, tests } = await parse(formatJunit(report, { strict: true }));
    expect(totals).toEqual(['4', '2', '0']);
    expect(tests.filter(({ failure }) => failure !== null).length).toBe(2);
  });

  test('can be read whatever peers sent', async () => {
    const evil = `<&>"' ]]> \u0000 \u0001 \ufffe \ud800 \u{1f600}\n`;
    const { error, tests } = await parse(
      formatJunit(reportOf(evil, {}, { cases: [reportedCase('x', 'fail', evil)] })),
    );
    expect(error).toBe(null);
    expect(tests[0]?.failure).toContain(`<&>"' ]]> \ufffd \ufffd \ufffd \ufffd \u{1f600}`);
  });
});
