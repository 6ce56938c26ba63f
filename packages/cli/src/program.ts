import { readFileSync } from 'node:fs';

import { Command } from 'commander';

import { addBenchCommand } from './bench-command.js';
import { addCheckCommand } from './check-command.js';
import { addConnectCommand } from './connect-command.js';
import { addServeCommand } from './serve-command.js';

/** The `ieum` command. Parsing throws commander's errors instead of ending the process. */
export function createProgram(): Command {
  const version = packageVersion();
  const program = new Command('ieum')
    .description('A realtime server and client for WebSocket (RFC 6455).')
    .version(version, '-V, --version')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 110, 110) })
    .configureOutput({ outputError: (text, write) => write(`${oneLine(text)}\n`) });
  addServeCommand(program, version);
  addConnectCommand(program);
  addBenchCommand(program);
  addCheckCommand(program);
  return program.addHelpText('after', examples);
}

function oneLine(text: string): string {
  const line = text.trim().replaceAll('\n', ' ');
  const needsHint = line.startsWith('error: unknown') && !line.includes('Did you mean');
  return needsHint ? `${line} (--help lists what there is)` : line;
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { readonly version: string }).version;
}

const examples = `
Examples:
  ieum serve                                   a console at http://127.0.0.1:8080/, with /echo and /broadcast
  ieum connect ws://127.0.0.1:8080/echo        talk to it from the terminal
  echo hello | ieum connect ws://127.0.0.1:8080/echo
  ieum bench ws://127.0.0.1:8080/echo          how many messages it echoes, and how fast
  ieum check server ws://127.0.0.1:8080/echo   whether it keeps to the RFCs

"ieum serve --help" and the like tell more.`;
