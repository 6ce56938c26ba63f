import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bunPath } from './bun.mjs';
import { collectText, endChild, errorLine, hasExited, startChild } from './children.mjs';
import { findWorkload } from './workloads.mjs';

export const serverNames = ['ieum', 'ws', 'bun', 'net'];

/**
 * Those of some servers that can do what a workload needs.
 *
 * @param {import('./workloads.mjs').Workload} workload
 * @param {string[]} names
 */
export function serversFor(workload, names) {
  return workload.compressed ? names.filter((name) => name !== 'net') : names;
}

/** A server in a process of its own, listening on a free port of 127.0.0.1. */
export class ServerProcess {
  /** @type {import('./children.mjs').ChildProcess} */
  #child;
  /** @type {number} */
  port;
  /** @type {number} */
  pid;

  /**
   * Starts a server and waits until it accepts connections.
   *
   * @param {string} serverName one of `serverNames`
   * @param {string} workloadName
   * @param {number | null} cpu where to keep it, if anywhere
   */
  static async start(serverName, workloadName, cpu) {
    const port = await findFreePort();
    const runtime = serverName === 'bun' ? bunPath() : process.execPath;
    const { compressed } = findWorkload(workloadName);
    const child = startChild([runtime, `./servers/${serverName}.mjs`], {
      cpu,
      environment: { PORT: String(port), WORKLOAD: workloadName, ...(compressed ? { DEFLATE: '1' } : {}) },
    });
    await once(child, 'spawn');
    const server = new ServerProcess(child, port);
    try {
      await server.#listening();
    } catch (error) {
      await server.end();
      throw error;
    }
    return server;
  }

  /**
   * @param {import('./children.mjs').ChildProcess} child
   * @param {number} port
   */
  constructor(child, port) {
    if (child.pid === undefined) throw new Error('the server process did not start');
    this.#child = child;
    this.port = port;
    this.pid = child.pid;
  }

  /** Ends the process, if it has not ended by itself. */
  async end() {
    await endChild(this.#child);
  }

  async #listening() {
    const stderr = collectText(this.#child.stderr);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (hasExited(this.#child)) throw new Error(`the server ended: ${errorLine(stderr())}`);
      if (await isListening(this.port)) return;
      await sleep(ATTEMPT_INTERVAL_MS);
    }
    throw new Error('the server did not listen');
  }
}

/** @returns {Promise<number>} */
async function findFreePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

const ATTEMPT_INTERVAL_MS = 50;
const MAX_ATTEMPTS = 200;
