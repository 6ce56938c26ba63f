import { readFile } from 'node:fs/promises';

import { allCases, formatHtml, parseReport, type Report, type Selection, selectCases } from '@ieum/check';
import type { Command } from 'commander';

import { writeGivenFile } from './check-outcome.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import { gatherList } from './flag-value.js';
import { describeSystemError } from './system-error.js';

/** Declares `ieum check report`. */
export function addReportCommand(check: Command): void {
  check
    .command('report')
    .description('Make one HTML page of several reports, side by side.')
    .argument('<files...>', 'reports that --json printed')
    .requiredOption('-o, --output <file>', 'where to write the page')
    .action(async (files: readonly string[], { output }: { readonly output: string }) => {
      const reports: Report[] = [];
      for (const file of files) reports.push(await loadReport(file));
      await writeGivenFile('--output', output, formatHtml(reports));
    });
}

/** Declares `ieum check cases`. */
export function addCasesCommand(check: Command): void {
  check
    .command('cases')
    .description('List the cases: id, title, clause.')
    .option('--only <ids>', 'cases to list, by id; * stands for any text; repeatable', gatherList)
    .option('--exclude <ids>', 'cases to leave out, likewise', gatherList)
    .option('-j, --json', 'as JSON, with what is sent and what is expected')
    .action((flags: Selection & { readonly json?: boolean }) => {
      const cases = selectCases(allCases, flags);
      const rows = flags.json
        ? [JSON.stringify(cases)]
        : cases.map(({ id, title, clause }) => `${id}\t${title}\t${clause}`);
      process.stdout.write(rows.map((row) => `${row}\n`).join(''));
    });
}

async function loadReport(file: string): Promise<Report> {
  try {
    return parseReport(await readFile(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof TypeError ? cause.message : describeSystemError(cause);
    throw new CommandFailure(`${file}: ${why}`, ExitStatus.Usage, { cause });
  }
}
