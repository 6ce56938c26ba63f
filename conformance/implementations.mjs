import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

import { bunPath, bunVersion } from '../bench/bun.mjs';

/**
 * @typedef {object} Implementation a server that is judged
 * @property {string} name
 * @property {string} version
 * @property {string} command
 * @property {string[]} args
 * @property {string[]} flags of `ieum check server`
 */

/**
 * All of them, each with the settings that judge the most of it: compression on, messages of 64 MiB.
 *
 * @returns {Implementation[]}
 */
export function implementations() {
  const require = createRequire(import.meta.url);
  const own = require('../packages/ieum/package.json').version;
  const node = process.execPath;
  return [
    { name: 'ieum', version: own, command: node, args: [server('ieum.mjs')], flags: [] },
    { name: 'ieum over HTTP/2', version: own, command: node, args: [server('ieum.mjs')], flags: ['--http2'] },
    {
      name: 'ws',
      version: require('ws/package.json').version,
      command: node,
      args: [server('ws.mjs')],
      flags: [],
    },
    { name: 'Bun', version: bunVersion(), command: bunPath(), args: [server('bun.mjs')], flags: [] },
    {
      name: 'Python websockets',
      version: pythonVersion(),
      command: PYTHON,
      args: [server('websockets_echo.py')],
      flags: [],
    },
  ];
}

function pythonVersion() {
  const script = 'import websockets; print(websockets.version.version)';
  const { status, stdout } = spawnSync(PYTHON, ['-c', script], { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new Error(`${PYTHON} has no websockets: install the package python3-websockets`);
}

/** @param {string} file */
function server(file) {
  return new URL(`servers/${file}`, import.meta.url).pathname;
}

/** The system's, which has the system's packages. */
const PYTHON = '/usr/bin/python3';
