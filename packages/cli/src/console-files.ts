import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the console, in memory. */
export interface ConsoleFile {
  readonly body: Buffer;
  readonly contentType: string;
  /** In quotes, as the field has it. */
  readonly etag: string;
  readonly cacheControl: string;
}

/** Reads the built console: files by their path in URLs, the page itself also as `/`. Empty when it was not built. */
export async function loadConsoleFiles(folder: URL): Promise<ReadonlyMap<string, ConsoleFile>> {
  const files = new Map<string, ConsoleFile>();
  for (const name of await listFiles(folder)) {
    files.set(`/${name}`, describeFile(name, await readFile(new URL(encodeURI(name), folder))));
  }
  const page = files.get('/index.html');
  if (page !== undefined) files.set('/', page);
  return files;
}

/** Names relative to the folder, with `/` between. */
async function listFiles(folder: URL): Promise<string[]> {
  const root = fileURLToPath(folder);
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length).replaceAll('\\', '/'))
      .map((name) => name.replace(/^\/+/, ''));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function describeFile(name: string, body: Buffer): ConsoleFile {
  return {
    body,
    contentType: contentTypes.get(extname(name)) ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    cacheControl: hashedName.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

/** What the build names after its content: `assets/index-DMDEWypV.css`. */
const hashedName = /^assets\/.+-[\w-]{8}\.\w+$/;
const contentTypes: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.json', 'application/json'],
  ['.map', 'application/json'],
  ['.woff2', 'font/woff2'],
  ['.txt', 'text/plain; charset=utf-8'],
]);
