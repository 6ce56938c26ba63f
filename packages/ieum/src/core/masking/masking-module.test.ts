import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const home = new URL('../../../', import.meta.url);

test('masking-module.ts is what masking.wat is built to', async () => {
  const { buildMasking, modulePath } = await import(new URL('scripts/build-masking.mjs', home).href);
  expect(await buildMasking()).toBe(await readFile(modulePath, 'utf8'));
});

test.each([
  ['without WebAssembly', ['--jitless'], false],
  ['with WebAssembly', [], true],
])('a process %s masks', async (_name, flags, isMaskable) => {
  const built = fileURLToPath(new URL('dist/core/masking/masking.js', home));
  const program = `
    const { allocateMaskable, applyMask } = await import(${JSON.stringify(pathToFileURL(built).href)});
    const bytes = new Uint8Array(1000);
    applyMask(bytes, 0x01020304, 1);
    console.log(allocateMaskable(64) !== null, bytes.every((byte, at) => byte === ((at + 1) % 4) + 1));`;
  const { stdout } = await run(process.execPath, [...flags, '--input-type=module', '-e', program]);
  expect(stdout.trim()).toBe(`${isMaskable} true`);
});
