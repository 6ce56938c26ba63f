/**
 * Sees to what the tests need beyond npm. Where it may, it installs what is missing from Debian's packages; elsewhere
 * it names what is missing and how to install it, and fails. Takes no time when everything is there.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @typedef {{ name: string, package: string, isThere: () => boolean }} Need */

const { CHROMIUM = '/usr/bin/chromium', PATH = '' } = process.env;

/** @type {readonly Need[]} */
const needs = [
  { name: 'Chromium', package: 'chromium', isThere: () => isExecutable(CHROMIUM) },
  {
    name: 'Python with websockets',
    package: 'python3-websockets',
    isThere: () => isExecutable('/usr/bin/python3') && runs('/usr/bin/python3', ['-c', 'import websockets']),
  },
  { name: 'redis-server', package: 'redis-server', isThere: () => isCommand('redis-server') },
  { name: 'nats-server', package: 'nats-server', isThere: () => isCommand('nats-server') },
  { name: 'openssl', package: 'openssl', isThere: () => isCommand('openssl') },
];

await prepare();

async function prepare() {
  const missing = missingNeeds();
  if (missing.length > 0) {
    say(`missing: ${missing.map(({ name }) => name).join(', ')}`);
    if (!mayInstall()) giveUp(missing);
    await install(missing);
    const stillMissing = missingNeeds();
    if (stillMissing.length > 0) giveUp(stillMissing);
  }
  if (!isCommand('java')) say('no Java here: the tests with java.net.http.WebSocket will be skipped');
}

function missingNeeds() {
  return needs.filter(({ isThere }) => !isThere());
}

function mayInstall() {
  return process.getuid?.() === 0 && isCommand('apt-get');
}

/** @param {readonly Need[]} missing */
async function install(missing) {
  const packages = missing.map((need) => need.package);
  const isInstalled =
    (await aptGet('reading the list of packages', ['update'])) &&
    (await aptGet(`installing ${packages.join(', ')}`, [
      'install',
      '--yes',
      '--no-install-recommends',
      ...packages,
    ]));
  if (!isInstalled) giveUp(missing);
}

/**
 * Runs apt-get, with a line now and then, and its own words only when it fails.
 *
 * @param {string} doing
 * @param {readonly string[]} args
 * @returns {Promise<boolean>} whether it did
 */
function aptGet(doing, args) {
  const startedAt = Date.now();
  say(`${doing} …`);
  const child = spawn('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (words += chunk));
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const ticker = setInterval(() => say(`${doing}: ${seconds()} s`), 10_000);
  return new Promise((resolve) => {
    child.on('error', (error) => (words += error));
    child.on('close', (code) => {
      clearInterval(ticker);
      if (code !== 0) say(`apt-get ${args[0]} failed:\n${words.trim()}`);
      resolve(code === 0);
    });
  });
}

/**
 * @param {readonly Need[]} missing
 * @returns {never}
 */
function giveUp(missing) {
  const packages = missing.map((need) => need.package).join(' ');
  say('on Debian or Ubuntu this installs what is missing:');
  say(`  sudo apt-get update && sudo apt-get install --no-install-recommends ${packages}`);
  say('a Chromium that is elsewhere can be named by the environment variable CHROMIUM');
  process.exit(1);
}

/** @param {string} command */
function isCommand(command) {
  return PATH.split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, command)));
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

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function runs(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** @param {string} line */
function say(line) {
  console.error(`tests: ${line}`);
}
