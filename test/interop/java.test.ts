import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe } from 'vitest';

import { testForeignClient } from './client-contract.js';
import { startForeignClient } from './foreign-process.js';

const source = fileURLToPath(new URL('Echo.java', import.meta.url));

/** Runs a source file: that takes a JDK, and no test of ours but this one needs Java. */
const hasJdk = spawnSync('java', ['--list-modules']).stdout?.includes('jdk.compiler') ?? false;
if (!hasJdk) console.warn('no JDK here: the tests with java.net.http.WebSocket are skipped');

describe.skipIf(!hasJdk)('Java', () => {
  testForeignClient('java.net.http', () => startForeignClient('java', [source]));
});
