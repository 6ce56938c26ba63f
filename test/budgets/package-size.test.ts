import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { importsOf } from '../architecture/source-file.js';
import { expectWithin } from './budget.js';

test('the JavaScript that `import "ieum"` loads stays within the budget', () => {
  const files = loadedFiles(new URL('index.js', dist));
  expect(files.size).toBeGreaterThan(20);
  let measured = 0;
  const sizes: [byteLength: number, name: string][] = [];
  for (const [href, text] of files) {
    const { length } = gzipSync(text, { level: 9 });
    measured += length;
    sizes.push([length, nameOf(href)]);
  }
  const largest = sizes.sort(([a], [b]) => b - a).slice(0, 10);
  const hint = `The largest files:\n${largest.map(([length, name]) => `${length} ${name}`).join('\n')}`;
  expectWithin({ what: 'bytes of gzipped JavaScript', measured, budget, hint });
});

/** The texts of a module and of everything of ours that it imports, by URL. */
function loadedFiles(entry: URL): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const waiting = [entry];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (files.has(url.href)) continue;
    const text = readFileSync(url, 'utf8');
    files.set(url.href, text);
    for (const { specifier } of importsOf(text)) {
      if (specifier.startsWith('.')) waiting.push(new URL(specifier, url));
    }
  }
  return files;
}

function nameOf(href: string): string {
  return relative(fileURLToPath(dist), fileURLToPath(href)).replaceAll(sep, '/');
}

const dist = new URL('../../packages/ieum/dist/', import.meta.url);
/** A quarter more than it was. */
const budget = 190_000;
