import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionsError } from '../flags.mjs';
import { helpText, parseOptions } from './options.mjs';
import { soak } from './soak.mjs';

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (!options) return 2;
  if (options.help) {
    process.stdout.write(helpText);
    return 0;
  }
  if (!existsSync('/proc/self/status')) {
    say('the memory of the server is read from /proc, which this system does not have\n');
    return 1;
  }
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const folder = mkdtempSync(join(tmpdir(), 'ieum-soak-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return await soak(options, folder);
}

/** @param {string[]} args */
function readOptions(args) {
  try {
    return parseOptions(args);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    say(`${error.message}\n(node bench/soak/run.mjs --help lists the options)\n`);
    return undefined;
  }
}

/** @param {string} text */
function say(text) {
  process.stderr.write(text);
}
