import { writeFileSync } from 'node:fs';
import { canPin } from '../children.mjs';
import { OptionsError } from '../flags.mjs';
import { describeMachine, renderMachine } from '../machine.mjs';
import { microHelpText, parseMicroOptions } from './options.mjs';
import { renderCases, summarizeCases } from './report.mjs';
import { measureSuites } from './rounds.mjs';

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} args */
async function main(args) {
  const options = readOptions(args);
  if (!options) return 2;
  if (options.help) {
    process.stdout.write(microHelpText);
    return 0;
  }
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const isPinned = canPin();
  const machine = describeMachine({ serverNames: [] });
  const { costs, failures } = await measureSuites(options, isPinned ? 0 : null);
  const suites = [...costs].map(([suite, own]) => ({ suite, cases: summarizeCases(own) }));
  const tables = suites.map(({ suite, cases }) => `### ${suite}\n\n${renderCases(cases)}`);
  const report = `${renderMachine(machine, [
    ['pinned', isPinned ? 'to CPU 0' : 'no'],
    ['rounds', `${options.rounds}, each suite in its own process; ${options.seconds} s a case`],
  ])}\n${tables.join('\n')}`;
  const json = { machine, isPinned, suites, failures };
  process.stdout.write(options.json ? `${JSON.stringify(json, null, 2)}\n` : report);
  if (options.write) {
    const heading = '# Results of the micro-benchmarks\n\nWritten by `npm run bench:micro -- --write`.\n\n';
    writeFileSync(new URL('RESULTS.md', import.meta.url), heading + report);
  }
  return failures.length > 0 ? 1 : 0;
}

/** @param {string[]} args */
function readOptions(args) {
  try {
    return parseMicroOptions(args);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    process.stderr.write(`${error.message}\n(node bench/micro/run.mjs --help lists the options)\n`);
    return undefined;
  }
}
