import { type Command, Option } from 'commander';
import type { ConnectOptions } from 'ieum';

import { parseByteSize } from './byte-size.js';
import { parseDurationMs, parseTimeoutMs } from './duration.js';
import { wholeNumber } from './flag-value.js';
import { type OpeningFlags, openingFlags, openingOptionsFrom } from './opening-options.js';

/** What the flags of `ieum connect` say. Durations are milliseconds. */
export interface ConnectFlags extends OpeningFlags {
  readonly proxy?: string;
  readonly maxRedirects: number;
  readonly timeout: number;
  readonly maxMessageBytes: number;
  readonly permessageDeflate?: boolean;
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
  const { proxy } = flags;
  return {
    handshakeTimeoutMs: flags.timeout,
    maxRedirects: flags.maxRedirects,
    maxMessageBytes: flags.maxMessageBytes,
    permessageDeflate: flags.permessageDeflate === true,
    ...(await openingOptionsFrom(flags)),
    ...(proxy === undefined ? {} : { proxy: proxy === 'none' ? (false as const) : proxy }),
  };
}

function flags(): Option[] {
  return [
    ...openingFlags(),
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
    new Option('--permessage-deflate', 'offer to compress messages'),
    new Option('-b, --binary', 'send lines, which are hexadecimal, as binary messages'),
    new Option('-j, --json', 'print one JSON object for each event on standard output'),
    new Option('--wait <seconds>', 'silence after the end of the input before closing, or forever')
      .argParser(parseWaitMs)
      .default(1_000, '1'),
    new Option('--no-history', 'neither read nor keep the history of the prompt'),
  ];
}

function parseWaitMs(text: string): number {
  return text.trim() === 'forever' ? Number.POSITIVE_INFINITY : parseDurationMs(text);
}
