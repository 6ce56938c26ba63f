/** Judges several servers by `ieum check` and writes what came out to `docs/conformance.md`. */
import { mkdir, writeFile } from 'node:fs/promises';

import { installBun } from '../bench/bun.mjs';
import { implementations } from './implementations.mjs';
import { judge } from './judging.mjs';
import { renderPage } from './page.mjs';

const PAGE = new URL('../docs/conformance.md', import.meta.url);

try {
  await installBun(say);
  const results = [];
  for (const implementation of implementations()) {
    say(`${implementation.name} ${implementation.version}\n`);
    results.push({ implementation, cases: await judge(implementation) });
  }
  const circumstances = { date: new Date().toISOString().slice(0, 10), node: process.versions.node };
  await mkdir(new URL('../docs/', import.meta.url), { recursive: true });
  await writeFile(PAGE, renderPage(results, circumstances));
  say(`${PAGE.pathname} is written\n`);
} catch (error) {
  say(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

/** @param {string} text */
function say(text) {
  process.stderr.write(text);
}
