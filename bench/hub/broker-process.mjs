import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectText, endChild, errorLine, hasExited, startChild } from '../children.mjs';

/** A `redis-server` or a `nats-server` of its own, on a free port of 127.0.0.1, its data in a folder that goes with it. */
export class BrokerProcess {
  /** @type {import('../children.mjs').ChildProcess} */
  #child;
  #folder;
  /** @type {string} */
  url;

  /**
   * @param {'redis' | 'nats'} kind
   * @param {number | null} cpu where to keep it, if anywhere
   */
  static async start(kind, cpu) {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'ieum-bench-'));
    const child = startChild(COMMANDS[kind](port, folder), { cpu });
    const broker = new BrokerProcess(child, folder, `${kind}://127.0.0.1:${port}`);
    const words = collectText(child.stderr);
    collectText(child.stdout);
    try {
      child.on('error', () => {});
      while (!(await answers(port, GREETINGS[kind]))) {
        if (child.pid === undefined || hasExited(child))
          throw new Error(errorLine(words()) || `no ${kind}-server`);
        await sleep(20);
      }
    } catch (error) {
      await broker.end();
      throw error;
    }
    return broker;
  }

  /**
   * @param {import('../children.mjs').ChildProcess} child
   * @param {string} folder
   * @param {string} url
   */
  constructor(child, folder, url) {
    this.#child = child;
    this.#folder = folder;
    this.url = url;
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  async end() {
    if (this.#child.pid !== undefined) await endChild(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * @param {number} port
 * @param {string} greeting what it says to PING, or by itself
 * @returns {Promise<boolean>}
 */
function answers(port, greeting) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.on('data', (chunk) => {
      resolve(chunk.toString().startsWith(greeting));
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

/** @type {Record<'redis' | 'nats', string>} */
const GREETINGS = { redis: '+PONG', nats: 'INFO' };
/** @type {Record<'redis' | 'nats', (port: number, folder: string) => string[]>} */
const COMMANDS = {
  redis: (port, folder) => [
    'redis-server',
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
  ],
  nats: (port, folder) => ['nats-server', '-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port)],
};
