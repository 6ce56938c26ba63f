import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errorLine } from './children.mjs';

/** The Bun that `installBun` installed. */
export function bunPath() {
  const found = CANDIDATES.map((path) => `${PEERS_FOLDER}node_modules/${path}`).find(isExecutable);
  if (found === undefined) throw new Error('Bun is not installed');
  return found;
}

/** The version that is measured. */
export function bunVersion() {
  return JSON.parse(readFileSync(`${PEERS_FOLDER}package.json`, 'utf8')).dependencies.bun;
}

/**
 * Installs Bun from npm beside the programs here, unless it is there already.
 *
 * @param {(text: string) => void} say
 */
export async function installBun(say) {
  if (isInstalled()) return;
  say(`Bun ${bunVersion()} is installed into bench/peers, once, some 100 MB … `);
  const child = spawn('npm', ['ci', '--no-progress'], {
    cwd: PEERS_FOLDER,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words += text;
  });
  const [code] = await once(child, 'close');
  if (code === 0 && isInstalled()) return say('done\n');
  const reason = errorLine(words.replace(/^npm \S+ /gm, '')) || 'npm has no Bun for this machine';
  throw new Error(`Bun cannot be installed: ${reason} (--servers ieum,ws,net does without it)`);
}

function isInstalled() {
  try {
    const installed = JSON.parse(readFileSync(`${PEERS_FOLDER}node_modules/bun/package.json`, 'utf8'));
    return bunPath() !== '' && installed.version === bunVersion();
  } catch {
    return false;
  }
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const PEERS_FOLDER = fileURLToPath(new URL('peers/', import.meta.url));
const ARCHITECTURE = process.arch === 'arm64' ? 'aarch64' : process.arch;
/** Where the binary is as it comes; its install script, which is not run, would choose one. */
const CANDIDATES = ['', '-baseline', '-musl', '-musl-baseline'].map(
  (variant) => `@oven/bun-${process.platform}-${ARCHITECTURE}${variant}/bin/bun`,
);
