import {
  type CheckClientOptions,
  CheckError,
  type CheckServerOptions,
  checkClient,
  checkServer,
  type Report,
} from '@ieum/check';
import type { Command } from 'commander';
import {
  addCheckClientFlags,
  addCheckServerFlags,
  type CheckClientFlags,
  type CheckFlags,
  type CheckServerFlags,
} from './check-options.js';
import { announce, exitStatusFor, loadExpected, writeReports } from './check-outcome.js';
import { CheckProgress } from './check-progress.js';
import { addCasesCommand, addReportCommand } from './check-report-command.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import { explainFailure } from './connect-failure.js';
import { readGivenFile } from './given-file.js';
import { openingOptionsFrom } from './opening-options.js';
import { describeSystemError } from './system-error.js';

/** Declares `ieum check`. */
export function addCheckCommand(program: Command): void {
  const command = program
    .command('check')
    .description('Judge any WebSocket server or client by the RFCs.')
    .addHelpText('after', guide);
  const server = command
    .command('server')
    .description('Judge a server that sends every message back.')
    .argument('<url>', 'ws:// or wss:// address')
    .action(async (url: string, flags: CheckServerFlags) => {
      process.exitCode = await judge(flags, (control) => runServerCheck(url, flags, control));
    });
  addCheckServerFlags(server).addHelpText('after', serverGuide);
  const client = command
    .command('client')
    .description('Listen, and judge the client that comes.')
    .action(async (flags: CheckClientFlags) => {
      process.exitCode = await judge(flags, (control) => runClientCheck(flags, control));
    });
  addCheckClientFlags(client).addHelpText('after', clientGuide);
  addReportCommand(command);
  addCasesCommand(command);
}

/** What a check is led by. */
interface Control {
  readonly progress: CheckProgress;
  readonly signal: AbortSignal;
}

/** Runs a check, tells how it went, and gives the exit status. */
async function judge(flags: CheckFlags, run: (control: Control) => Promise<Report>): Promise<number> {
  const expected = await loadExpected(flags);
  const progress = new CheckProgress(process.stderr);
  const interruption = onFirstSignal();
  try {
    const report = await run({ progress, signal: interruption.signal });
    progress.end();
    announce(report, flags);
    await writeReports(report, flags);
    const exitStatus = exitStatusFor(report, expected, flags);
    return interruption.exitStatus() ?? exitStatus;
  } catch (error) {
    if (error instanceof CheckError) throw explainCheck(error, flags, interruption.exitStatus());
    throw error;
  } finally {
    progress.end();
  }
}

function explainCheck(
  { code, message }: CheckError,
  flags: CheckFlags,
  status: number | null,
): CommandFailure {
  if (code !== 'ERR_CHECK_NO_CASES') {
    return new CommandFailure(`nothing could be judged: ${message}`, status ?? nothingJudged);
  }
  const { only = [], exclude = [] } = flags;
  const selection = [...only.map((id) => `--only ${id}`), ...exclude.map((id) => `--exclude ${id}`)];
  return new CommandFailure(
    `${message} (${selection.join(' ')}); "ieum check cases" lists them`,
    ExitStatus.Usage,
  );
}

async function runServerCheck(url: string, flags: CheckServerFlags, control: Control): Promise<Report> {
  const { progress, signal } = control;
  const { tls, headers = [], origin } = await openingOptionsFrom(flags);
  if (flags.insecure) progress.note('warning: the certificate of the server is not verified (--insecure)');
  const options: CheckServerOptions = {
    ...judgingOptions(flags, control),
    headers: origin === undefined ? headers : [...headers, ['Origin', origin]],
    tls,
    socketPath: flags.socket,
    concurrency: flags.concurrency,
    onStart: (total) => progress.begin(total),
    signal,
  };
  try {
    return await checkServer(url, options);
  } catch (error) {
    throw explainFailure(error, url);
  }
}

async function runClientCheck(flags: CheckClientFlags, control: Control): Promise<Report> {
  const { host, port, idleTimeout } = flags;
  const options: CheckClientOptions = {
    ...judgingOptions(flags, control),
    host,
    port,
    tls: await keysFrom(flags),
    idleTimeoutMs: idleTimeout,
    onListening: (url, total) => {
      control.progress.note(`listening on ${url}`);
      control.progress.begin(total);
    },
    signal: control.signal,
  };
  try {
    return await checkClient(options);
  } catch (error) {
    if (error instanceof CheckError) throw error;
    throw new CommandFailure(`cannot listen on ${host}:${port}: ${describeSystemError(error)}`);
  }
}

function judgingOptions(flags: CheckFlags, { progress }: Control) {
  const { agent, only, exclude, timeout, http2 } = flags;
  return {
    agent,
    only,
    exclude,
    timeoutMs: timeout,
    carrier: http2 ? ('http2' as const) : ('http1' as const),
    onResult: progress.add,
  };
}

async function keysFrom({ tlsCert, tlsKey }: CheckClientFlags): Promise<CheckClientOptions['tls']> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CommandFailure('--tls-cert and --tls-key go together', ExitStatus.Usage);
  }
  return { cert: await readGivenFile('--tls-cert', tlsCert), key: await readGivenFile('--tls-key', tlsKey) };
}

/** The first signal ends the run with what is known, a second one the process. */
function onFirstSignal(): { signal: AbortSignal; exitStatus: () => number | null } {
  const abort = new AbortController();
  let status: number | null = null;
  const handler = (exitStatus: number) => (): void => {
    if (status !== null) process.exit(exitStatus);
    status = exitStatus;
    abort.abort();
  };
  process.on('SIGINT', handler(ExitStatus.Interrupted));
  process.on('SIGTERM', handler(ExitStatus.Terminated));
  return { signal: abort.signal, exitStatus: () => status };
}

const nothingJudged = 3;

const exitStatuses = `
Verdicts:
  pass        it did what the RFC says or allows
  info        there was nothing to judge; the text tells what was seen
  non-strict  it left out what the RFC only recommends
  fail        it broke a rule

Exit status: 0 no case failed (with --strict: and none is non-strict; with --expected: all is as known), 1 otherwise,
2 wrong usage, 3 nothing could be judged, 130 or 143 interrupted.`;

const guide = `${exitStatuses}

Examples:
  ieum check server ws://127.0.0.1:8080/echo
  ieum check client --port 9001
  ieum check report a.json b.json -o report.html

"ieum check server --help" and the like tell more.`;

const serverGuide = `
The server has to send every message back, text as text and binary as binary. Messages have up to 16 MiB; a case above a limit
of the server is "info". Each case has a connection of its own. A server that hangs or resets costs a case its --timeout,
never the run. The report goes to standard output, progress to standard error.
${exitStatuses}

Examples:
  ieum check server ws://127.0.0.1:8080/echo
  ieum check server wss://localhost:8443/echo --insecure --http2
  ieum check server ws://127.0.0.1:8080/echo --only framing,utf8 --exclude '*16777216*'
  ieum check server ws://127.0.0.1:8080/echo --agent 'my server 1.2' --json > mine.json
  ieum check server ws://127.0.0.1:8080/echo --write-expected known.json
  ieum check server ws://127.0.0.1:8080/echo --expected known.json --junit results.xml --html results.html`;

const clientGuide = `
What the client has to do, with the address that is printed as BASE:
  1. connect to BASE/cases: one text message comes, a JSON list of ids
  2. for each id connect to BASE/case/<id>?agent=<name> and send every message back as the type it came as, until the
     connection is closed. An opening handshake that fails is the end of that case, too
  3. connect to BASE/done?agent=<name>
Cases that it never came for are failed.
${exitStatuses}

Examples:
  ieum check client
  ieum check client --port 0 --only deflate --html results.html
  ieum check client --http2 --tls-cert chain.pem --tls-key key.pem`;
