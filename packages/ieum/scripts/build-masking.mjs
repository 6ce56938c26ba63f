// Makes src/core/masking/masking-module.ts of the WebAssembly text beside it.

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import wabt from 'wabt';

const folder = new URL('../src/core/masking/', import.meta.url);
export const modulePath = fileURLToPath(new URL('masking-module.ts', folder));

/** What masking-module.ts must hold. */
export async function buildMasking() {
  const text = await readFile(new URL('masking.wat', folder), 'utf8');
  const { parseWat } = await wabt();
  const module = parseWat('masking.wat', text, { simd: true });
  module.validate();
  const bytes = module.toBinary({}).buffer;
  module.destroy();
  return `// Made of masking.wat by scripts/build-masking.mjs (npm run build:masking): change it there.

/** masking.wat as a WebAssembly module: ${bytes.length} bytes. */
export const maskingModule: Uint8Array = new Uint8Array([
${lines(bytes).join('\n')}
]);
`;
}

/** The numbers in lines as long as the formatter makes them. */
function lines(bytes) {
  const made = [' '];
  for (const byte of bytes) {
    if (made.at(-1).length + ` ${byte},`.length > lineWidth) made.push(' ');
    made.push(`${made.pop()} ${byte},`);
  }
  return made;
}

const lineWidth = 110;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await writeFile(modulePath, await buildMasking());
}
