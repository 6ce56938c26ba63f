import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConnectOptions, HeaderField } from 'ieum';

import { parseByteSize } from './byte-size.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import { parseDurationMs, parseTimeoutMs } from './duration.js';
import { gather, wholeNumber } from './flag-value.js';
import { readGivenFile } from './given-file.js';

/** What the flags of `ieum connect` say. Durations are milliseconds. */
export interface ConnectFlags {
  readonly header?: readonly HeaderField[];
  readonly subprotocol?: readonly string[];
  readonly origin?: string;
  readonly insecure?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly proxy?: string;
  readonly maxRedirects: number;
  readonly timeout: number;
  readonly maxMessageBytes: number;
  readonly binary?: boolean;
  readonly json?: boolean;
  readonly wait: number;
  readonly history: boolean;
}

export function addConnectFlags(command: Command): Command {
  for (const option of flags()) command.addOption(option);
  return command;
}

/** How to connect. @throws CommandFailure when a file cannot be read or flags do not fit */
export async function connectOptionsFrom(flags: ConnectFlags): Promise<ConnectOptions> {
  const { header, subprotocol, origin, proxy } = flags;
  return {
    handshakeTimeoutMs: flags.timeout,
    maxRedirects: flags.maxRedirects,
    maxMessageBytes: flags.maxMessageBytes,
    tls: await tlsFrom(flags),
    ...(header === undefined ? {} : { headers: header }),
    ...(subprotocol === undefined ? {} : { subprotocols: subprotocol }),
    ...(origin === undefined ? {} : { origin }),
    ...(proxy === undefined ? {} : { proxy: proxy === 'none' ? (false as const) : proxy }),
  };
}

async function tlsFrom(flags: ConnectFlags): Promise<NonNullable<ConnectOptions['tls']>> {
  if ((flags.cert === undefined) !== (flags.key === undefined)) {
    throw new CommandFailure('--cert and --key go together', ExitStatus.Usage);
  }
  const files: Record<string, Buffer> = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = flags[name];
    if (path !== undefined) files[name] = await readGivenFile(`--${name}`, path);
  }
  return flags.insecure ? { ...files, rejectUnauthorized: false } : files;
}

function flags(): Option[] {
  return [
    new Option('-H, --header <field>', "header field to send, 'Name: value'; repeatable").argParser(
      gatherField,
    ),
    new Option('-s, --subprotocol <name>', 'subprotocol to offer; repeatable').argParser(gather),
    new Option('-o, --origin <origin>', 'Origin to send, as a page would'),
    new Option('-k, --insecure', 'do not verify the certificate of the server'),
    new Option('--ca <file>', 'authorities to trust in place of the built-in ones (PEM)'),
    new Option('--cert <file>', 'client certificate (PEM)'),
    new Option('--key <file>', 'its private key (PEM)'),
    new Option(
      '--proxy <url>',
      'http://, https://, socks5:// or socks5h:// proxy, or none (default: HTTPS_PROXY and its like)',
    ),
    new Option('--max-redirects <number>', 'redirects to follow').argParser(wholeNumber(0)).default(0),
    new Option('--timeout <seconds>', 'how long the opening handshake may take')
      .argParser(parseTimeoutMs)
      .default(10_000, '10'),
    new Option('--max-message-bytes <size>', 'largest message to take')
      .argParser(parseByteSize)
      .default(16 * 1024 * 1024, '16MiB'),
    new Option('-b, --binary', 'send lines, which are hexadecimal, as binary messages'),
    new Option('-j, --json', 'print one JSON object for each event on standard output'),
    new Option('--wait <seconds>', 'silence after the end of the input before closing, or forever')
      .argParser(parseWaitMs)
      .default(1_000, '1'),
    new Option('--no-history', 'neither read nor keep the history of the prompt'),
  ];
}

function gatherField(text: string, previous: readonly HeaderField[] | undefined): readonly HeaderField[] {
  const match = /^\s*([^\s:]+)\s*:(.*)$/.exec(text);
  if (match === null) throw new InvalidArgumentError("Write a header field as 'Name: value'.");
  return [...(previous ?? []), [match[1] ?? '', (match[2] ?? '').trim()]];
}

function parseWaitMs(text: string): number {
  return text.trim() === 'forever' ? Number.POSITIVE_INFINITY : parseDurationMs(text);
}
