import { type Command, Option } from 'commander';

import { parseTimeoutMs } from './duration.js';
import { gatherList, wholeNumber } from './flag-value.js';
import { type OpeningFlags, openingFlags } from './opening-options.js';

/** What the flags of both judging commands say. Durations are milliseconds. */
export interface CheckFlags {
  readonly agent?: string;
  readonly only?: readonly string[];
  readonly exclude?: readonly string[];
  readonly timeout: number;
  readonly http2?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly html?: string;
  readonly junit?: string;
  readonly expected?: string;
  readonly writeExpected?: string;
}

/** What the flags of `ieum check server` say. */
export interface CheckServerFlags extends CheckFlags, OpeningFlags {
  readonly concurrency: number;
  readonly socket?: string;
}

/** What the flags of `ieum check client` say. */
export interface CheckClientFlags extends CheckFlags {
  readonly host: string;
  readonly port: number;
  readonly idleTimeout: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export function addCheckServerFlags(command: Command): Command {
  const own = [
    new Option('--concurrency <number>', 'cases at a time').argParser(wholeNumber(1, 64)).default(4),
    new Option('--socket <path>', 'Unix socket to connect to in place of the host of the URL'),
    // What subprotocols are offered is up to the cases.
    ...openingFlags().filter(({ long }) => long !== '--subprotocol'),
  ];
  return addOptions(command, [...judgingFlags(), ...own]);
}

export function addCheckClientFlags(command: Command): Command {
  const own = [
    new Option('--host <address>', 'address to listen on').default('127.0.0.1'),
    new Option('-p, --port <number>', 'port to listen on; 0 takes a free one')
      .argParser(wholeNumber(0, 65_535))
      .default(9001),
    new Option('--tls-cert <file>', 'certificate to listen with (PEM)'),
    new Option('--tls-key <file>', 'its private key (PEM)'),
    new Option('--idle-timeout <seconds>', 'how long a client may stay away before it counts as gone')
      .argParser(parseTimeoutMs)
      .default(30_000, '30'),
  ];
  return addOptions(command, [...judgingFlags(), ...own]);
}

function judgingFlags(): Option[] {
  return [
    new Option('--only <ids>', 'cases to run, by id; * stands for any text; repeatable').argParser(
      gatherList,
    ),
    new Option('--exclude <ids>', 'cases to leave out, likewise').argParser(gatherList),
    new Option('-a, --agent <name>', 'name of the implementation in reports'),
    new Option('-t, --timeout <seconds>', 'what a case may take; long cases are stretched alike')
      .argParser(parseTimeoutMs)
      .default(5_000, '5'),
    new Option('--http2', 'over HTTP/2 (RFC 8441): by ALPN with TLS, by prior knowledge without'),
    new Option('-j, --json', 'print the report as one JSON object'),
    new Option('--html <file>', 'write the report as one HTML page'),
    new Option('--junit <file>', 'write the report as JUnit XML'),
    new Option('--expected <file>', 'results that are known: only what differs is a failure'),
    new Option('--write-expected <file>', 'write what is to be known from now on'),
    new Option('--strict', 'non-strict is a failure too'),
  ];
}

function addOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}
