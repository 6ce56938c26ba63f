import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { collectText, errorLine } from '../children.mjs';

/**
 * Installs Socket.IO and its adapter from npm into `bench/peers`, with all that is measured beside ieum, unless they are
 * there already.
 *
 * @param {(text: string) => void} say
 */
export async function installSocketIo(say) {
  if (isInstalled()) return;
  say('Socket.IO is installed into bench/peers, once … ');
  const child = spawn('npm', ['ci', '--no-progress'], { cwd: PEERS_FOLDER });
  child.stdout.resume();
  const words = collectText(child.stderr);
  const [code] = await once(child, 'close');
  if (code === 0 && isInstalled()) return say('done\n');
  throw new Error(`Socket.IO cannot be installed: ${errorLine(words().replace(/^npm \S+ /gm, ''))}`);
}

/**
 * What is measured beside ieum, as it is installed.
 *
 * @returns {Record<string, string>}
 */
export function peerVersions() {
  return Object.fromEntries(NAMES.map((name) => [name, installedVersion(name)]));
}

function isInstalled() {
  const { dependencies } = JSON.parse(readFileSync(`${PEERS_FOLDER}package.json`, 'utf8'));
  return NAMES.every((name) => installedVersion(name) === dependencies[name]);
}

/** @param {string} name */
function installedVersion(name) {
  try {
    return JSON.parse(readFileSync(`${PEERS_FOLDER}node_modules/${name}/package.json`, 'utf8')).version;
  } catch {
    return '';
  }
}

const PEERS_FOLDER = fileURLToPath(new URL('../peers/', import.meta.url));
const NAMES = ['socket.io', '@socket.io/redis-adapter', 'redis'];
