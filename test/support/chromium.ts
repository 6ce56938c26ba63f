import { type Browser, chromium } from 'playwright-core';

/** Starts the system's Chromium, headless, with a fresh profile and without calls to anybody but the tests' servers. */
export function launchChromium(): Promise<Browser> {
  const { CHROMIUM = '/usr/bin/chromium' } = process.env;
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}
