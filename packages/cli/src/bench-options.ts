import { type Command, Option } from 'commander';
import { parseWebSocketUri } from 'ieum/core';

import type { BenchPlan, Scenario } from './bench/load-job.js';
import { hasProcFilesystem, isRunning } from './bench/process-usage.js';
import { parseByteSize } from './byte-size.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import { parseDurationMs, parseTimeoutMs } from './duration.js';
import { wholeNumber } from './flag-value.js';
import { type OpeningFlags, openingFlags } from './opening-options.js';

/** What the flags of `ieum bench` say. Durations are milliseconds. */
export interface BenchFlags extends OpeningFlags {
  readonly scenario: Scenario;
  readonly connections: number;
  readonly payload: number;
  readonly binary?: boolean;
  readonly compress?: boolean;
  readonly messages?: number;
  readonly inFlight: number;
  readonly rate?: number;
  readonly duration: number;
  readonly warmup: number;
  readonly processes: number;
  readonly serverPid?: number;
  readonly json?: boolean;
}

export function addBenchFlags(command: Command): Command {
  for (const option of flags()) command.addOption(option);
  return command;
}

/** What to measure. @throws CommandFailure for flags that do not fit, UsageError for a bad URL */
export function benchPlanFrom(url: string, flags: BenchFlags): BenchPlan {
  const { scenario, connections, processes, serverPid } = flags;
  if (processes > connections) {
    throw misuse(`--processes ${processes} is more than --connections ${connections}: each needs one`);
  }
  if (scenario === 'idle' && flags.rate !== undefined)
    throw misuse('--rate does not go with --scenario idle');
  if (scenario !== 'idle' && flags.messages !== undefined)
    throw misuse(`--messages does not go with --scenario ${scenario}`);
  const usesInFlight = scenario === 'echo' || scenario === 'broadcast';
  if (!usesInFlight && flags.inFlight !== 1)
    throw misuse(`--in-flight does not go with --scenario ${scenario}`);
  if (flags.payload > maxPayloadBytes) throw misuse('--payload is at most 256 MiB');
  if (flags.payload * flags.inFlight * (scenario === 'echo' ? connections : 1) > maxInFlightBytes) {
    throw misuse('more than 2 GiB would be on their way: fewer --connections, --in-flight or --payload');
  }
  if (serverPid !== undefined) checkProcess(serverPid);
  return {
    url: parseWebSocketUri(url).href,
    scenario,
    connections,
    payloadBytes: flags.payload,
    payloadType: flags.binary ? 'binary' : 'text',
    compressed: flags.compress === true,
    inFlight: flags.inFlight,
    idleMessages: flags.messages ?? 1,
    rate: flags.rate ?? null,
    durationMs: flags.duration,
    warmupMs: flags.warmup,
    processes,
    serverPid: serverPid ?? null,
  };
}

function checkProcess(pid: number): void {
  if (!hasProcFilesystem()) {
    throw misuse(
      '--server-pid needs a /proc filesystem, which tells what a process uses: measure on Linux, or leave it out',
    );
  }
  if (!isRunning(pid)) throw misuse(`--server-pid: no process ${pid} runs on this machine`);
}

function misuse(message: string): CommandFailure {
  return new CommandFailure(message, ExitStatus.Usage);
}

function flags(): Option[] {
  return [
    new Option('--scenario <name>', 'what to do, see below').choices(scenarios).default('echo'),
    new Option('-c, --connections <number>', 'connections at a time')
      .argParser(wholeNumber(1, 1_000_000))
      .default(100),
    new Option('--payload <size>', 'bytes in a message').argParser(parsePayload).default(20),
    new Option('-b, --binary', 'binary messages, not text'),
    new Option('--compress', 'compress messages: offers permessage-deflate, and must be granted it'),
    new Option('--in-flight <number>', 'messages on their way on each connection; publishes in a broadcast')
      .argParser(wholeNumber(1, 65_536))
      .default(1),
    new Option(
      '--messages <number>',
      'messages that each connection has echoed before it is idle (default: 1)',
    ).argParser(wholeNumber(1, 1_000_000)),
    new Option(
      '--rate <number>',
      'open loop: so many messages, publishes or connections per second in all (default: closed loop)',
    ).argParser(wholeNumber(1, 10_000_000)),
    new Option('-d, --duration <seconds>', 'how long to measure')
      .argParser(parseTimeoutMs)
      .default(5_000, '5'),
    new Option('--warmup <seconds>', 'how long to load before that')
      .argParser(parseDurationMs)
      .default(1_000, '1'),
    new Option('--processes <number>', 'processes that generate the load')
      .argParser(wholeNumber(1, 256))
      .default(1),
    new Option(
      '--server-pid <number>',
      'process of the server on this machine: tells CPU time and memory, with that of its child processes',
    ).argParser(wholeNumber(1)),
    new Option('-j, --json', 'print the report as one JSON object'),
    ...openingFlags(),
  ];
}

function parsePayload(text: string): number {
  return text.trim() === '0' ? 0 : parseByteSize(text);
}

const scenarios: readonly Scenario[] = ['echo', 'broadcast', 'connect', 'idle'];
const maxPayloadBytes = 256 * 1024 ** 2;
const maxInFlightBytes = 2 * 1024 ** 3;
