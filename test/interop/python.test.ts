import { fileURLToPath } from 'node:url';

import { testForeignClient } from './client-contract.js';
import { startForeignClient, startForeignServer } from './foreign-process.js';
import { testForeignServer } from './server-contract.js';

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Debian's Python, for which Debian's package python3-websockets is. */
const python = '/usr/bin/python3';

testForeignClient('Python’s websockets', () => startForeignClient(python, [script('echo_client.py')]));
testForeignServer('Python’s websockets', () => startForeignServer(python, [script('echo_server.py')]));
