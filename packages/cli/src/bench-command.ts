import type { Command } from 'commander';
import { connect, HandshakeError } from 'ieum';

import type { BenchReport } from './bench/bench-report.js';
import { BenchRun, Interruption } from './bench/bench-run.js';
import { LoadFailure } from './bench/load-failure.js';
import type { OpeningPlan } from './bench/load-job.js';
import { ProgressView } from './bench/progress-view.js';
import { formatReport } from './bench/report-table.js';
import { addBenchFlags, type BenchFlags, benchPlanFrom } from './bench-options.js';
import { colorsFor } from './colors.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import { explainFailure } from './connect-failure.js';
import { type OpeningFlagOptions, openingOptionsFrom } from './opening-options.js';

/** Declares `ieum bench`. */
export function addBenchCommand(program: Command): void {
  const command = program
    .command('bench')
    .description('Measure any WebSocket server: throughput, latency, connection rate, memory.')
    .argument('<url>', 'ws:// or wss:// address')
    .action(async (url: string, flags: BenchFlags) => {
      process.exitCode = await bench(url, flags);
    });
  addBenchFlags(command).addHelpText('after', guide);
}

/** Measures once and gives the exit status. */
async function bench(url: string, flags: BenchFlags): Promise<number> {
  const view = new ProgressView(process.stderr, colorsFor(process.stderr));
  let signalled: number = ExitStatus.Ok;
  try {
    const plan = benchPlanFrom(url, flags);
    const options = await openingOptionsFrom(flags);
    if (flags.insecure) view.note('warning: the certificate of the server is not verified (--insecure)');
    const run = new BenchRun(plan, await probe(url, options), view);
    onFirstSignal((exitStatus) => {
      signalled = exitStatus;
      run.stop();
    });
    const report = await run.run();
    view.end();
    print(report, flags.json === true);
    for (const warning of run.warnings) view.note(warning);
    return signalled;
  } catch (error) {
    view.end();
    if (error instanceof Interruption) throw new CommandFailure(error.message, signalled);
    if (error instanceof LoadFailure) throw new CommandFailure(error.message);
    throw explainHandshake(error) ?? explainFailure(error, url);
  }
}

/** Opens one connection and closes it: tells why that cannot be done, and which address is the right one. */
async function probe(url: string, options: OpeningFlagOptions): Promise<OpeningPlan> {
  const peer = await connect(url, { ...options, proxy: false });
  const { address } = peer.request;
  await peer.close();
  return {
    address,
    headers: options.headers ?? [],
    subprotocols: options.subprotocols ?? [],
    origin: options.origin ?? null,
    tls: options.tls,
  };
}

/** What other commands have flags against, which would be of no use here. */
function explainHandshake(error: unknown): CommandFailure | null {
  if (!(error instanceof HandshakeError)) return null;
  const location = error.headers?.get('Location');
  if (location !== undefined) {
    return new CommandFailure(`the server redirects to ${location}: measure that URL`);
  }
  return error.code === 'ERR_WS_HANDSHAKE_TIMEOUT' ? new CommandFailure(error.message) : null;
}

function print(report: BenchReport, isJson: boolean): void {
  const text = isJson ? `${JSON.stringify(report)}\n` : formatReport(report, colorsFor(process.stdout));
  process.stdout.write(text);
}

/** The first signal ends the window, a second one the process. */
function onFirstSignal(handle: (exitStatus: number) => void): void {
  let isFirst = true;
  const handler = (exitStatus: number) => (): void => {
    if (!isFirst) process.exit(exitStatus);
    isFirst = false;
    handle(exitStatus);
  };
  process.on('SIGINT', handler(ExitStatus.Interrupted));
  process.on('SIGTERM', handler(ExitStatus.Terminated));
}

const guide = `
Scenarios:
  echo       every connection sends messages and gets them back; the next one when there is room (closed loop), or by
             the clock (open loop, --rate)
  broadcast  one connection publishes and every connection, itself included, gets each publish: the server's URL has to do
             that, as /broadcast of "ieum serve" does
  connect    opening handshake, then closing handshake, --connections at a time
  idle       all connections are opened, echo one message (or --messages) and fall silent: what the server's memory grew by

Every reply is compared to its last byte. A wrong, missing or late reply, a refused or lost connection ends the run with
status 1; a reply is late when it is not back 5 s after the window. Fragments, Pings, and messages that the server sends
before its first reply are all right.

With --compress, messages are compressed ahead, text being JSON then, and the server has to grant permessage-deflate with
client_no_context_takeover. Replies are inflated where the server's compression goes on from message to message, and else
when their bytes are not those that were found right before. Replies that are not compressed are right, and counted in a note.

Latency is corrected for coordinated omission. In an open loop it runs from the time that a message was due by the schedule,
also when it had to wait for a place in flight. In a closed loop, messages are added that would have gone out while one
took long, had one been sent in each median latency (as HdrHistogram does with an expected interval).

The load runs in its own processes. When the report says that they are busy near 100 % of a CPU, the load is the
bottleneck: --processes 2 generates more. Messages per CPU second of the server (--server-pid) does not depend on that.

Ctrl-C ends the window early and prints what was measured.

Exit status: 0 measured, 1 failed, 2 wrong usage, 130 or 143 interrupted.

Examples:
  ieum bench ws://127.0.0.1:8080/echo
  ieum bench ws://127.0.0.1:8080/echo --in-flight 32 --payload 1KiB --binary --duration 30 --server-pid 4711
  ieum bench ws://127.0.0.1:8080/echo --compress --payload 2KiB
  ieum bench ws://127.0.0.1:8080/echo --rate 20000 --connections 1000 --processes 2 --json
  ieum bench ws://127.0.0.1:8080/broadcast --scenario broadcast --connections 1000 --payload 64
  ieum bench wss://localhost:8443/ --scenario connect --connections 50 --insecure
  ieum bench ws://127.0.0.1:8080/echo --scenario idle --connections 10000 --server-pid "$(pgrep -f 'ieum serve')"`;
