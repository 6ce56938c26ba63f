import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} Judged one case as `ieum check --json` tells it
 * @property {string} id
 * @property {string} group
 * @property {string} title
 * @property {string} clause
 * @property {'pass' | 'info' | 'non-strict' | 'fail'} verdict
 * @property {string} text
 */

/**
 * Starts an implementation, judges it, and ends it.
 *
 * @param {import('./implementations.mjs').Implementation} implementation
 * @returns {Promise<Judged[]>}
 */
export async function judge({ name, command, args, flags }) {
  const port = await findFreePort();
  const server = spawn(command, args, { stdio: 'ignore', env: { ...process.env, PORT: String(port) } });
  try {
    await listening(server, port, name);
    const url = `ws://127.0.0.1:${port}/`;
    return await check([url, '--json', '--agent', name, ...flags]);
  } finally {
    if (server.exitCode === null && server.kill()) await once(server, 'exit');
  }
}

/**
 * @param {string[]} args
 * @returns {Promise<Judged[]>}
 */
async function check(args) {
  const child = spawn(process.execPath, [COMMAND, 'check', 'server', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let json = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    json += text;
  });
  const [code] = await once(child, 'close');
  // 1: some cases failed, which is what we are here for.
  if (code !== 0 && code !== 1) throw new Error(`ieum check ended with ${code}`);
  return JSON.parse(json).cases;
}

/**
 * @param {import('node:child_process').ChildProcess} server
 * @param {number} port
 * @param {string} name
 */
async function listening(server, port, name) {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (server.exitCode !== null) throw new Error(`the server of ${name} ended`);
    if (await accepts(port)) return;
    await sleep(100);
  }
  throw new Error(`the server of ${name} did not listen`);
}

/** @param {number} port */
async function accepts(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

const COMMAND = new URL('../packages/cli/bin/ieum.js', import.meta.url).pathname;
