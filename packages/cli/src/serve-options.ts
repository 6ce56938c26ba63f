import { availableParallelism } from 'node:os';

import { type Command, Option } from 'commander';
import type { ServerOptions, ServerTlsOptions } from 'ieum';

import { parseByteSize } from './byte-size.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import { parseTimeoutMs } from './duration.js';
import { settingPrefix } from './environment.js';
import { gatherList, parseSwitch, wholeNumber } from './flag-value.js';
import { readGivenFile } from './given-file.js';
import { originPolicyFor } from './origin-list.js';

/** What the flags of `ieum serve` say; undefined for the server's own default. */
export interface ServeFlags {
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowOrigin?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly maxMessageBytes?: number;
  readonly maxFragments?: number;
  readonly permessageDeflate?: boolean;
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly trustedProxies?: readonly string[];
  readonly forwarding?: 'forwarded' | 'x-forwarded' | 'either';
  readonly proxyProtocol?: boolean;
  readonly http2?: boolean;
  readonly drainTimeout: number;
  readonly workers: number;
}

/** Declares the flags; each can be given as an `IEUM_…` variable too. */
export function addServeFlags(command: Command): Command {
  for (const option of flags()) {
    const name = option.attributeName().replace(/[A-Z]/g, (letter) => `_${letter}`);
    command.addOption(option.env(settingPrefix + name.toUpperCase()));
  }
  return command;
}

/** The settings that have to do with who may connect and how much. @throws CommandFailure for flags that do not fit */
export function serverOptionsFrom(flags: ServeFlags): Omit<ServerOptions<undefined>, 'routes' | 'tls'> {
  const { maxMessageBytes, maxFragments, maxConnections, maxConnectionsPerAddress, trustedProxies } = flags;
  if (flags.proxyProtocol && trustedProxies === undefined) {
    throw new CommandFailure(
      '--proxy-protocol needs --trusted-proxies: the addresses that the PROXY headers come from',
      ExitStatus.Usage,
    );
  }
  const allowedHosts = allowedHostsOf(flags);
  return {
    allowOrigin: originPolicyFor(flags.allowOrigin ?? []),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
    ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }),
    ...(maxFragments === undefined ? {} : { maxFragments }),
    ...(flags.permessageDeflate ? { permessageDeflate: true } : {}),
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxConnectionsPerAddress === undefined ? {} : { maxConnectionsPerAddress }),
    ...(trustedProxies === undefined ? {} : { trustedProxies }),
    ...(flags.forwarding === undefined ? {} : { forwarding: flags.forwarding }),
    ...(flags.proxyProtocol ? { proxyProtocol: true } : {}),
    ...(flags.http2 === false ? { http2: false } : {}),
  };
}

/** Reads certificate and key; undefined without them. @throws CommandFailure when one is missing or unreadable */
export async function serverTlsFrom({ tlsCert, tlsKey }: ServeFlags): Promise<ServerTlsOptions | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CommandFailure('--tls-cert and --tls-key go together', ExitStatus.Usage);
  }
  const [cert, key] = await Promise.all([
    readGivenFile('--tls-cert', tlsCert),
    readGivenFile('--tls-key', tlsKey),
  ]);
  return { cert, key };
}

/** On a loopback address only its names are served: a page whose name was made to point here is turned away. */
function allowedHostsOf({ host, allowHost }: ServeFlags): readonly string[] | undefined {
  if (allowHost?.includes('any')) return undefined;
  if (!isLoopback(host)) return allowHost;
  const own = host.includes(':') ? `[${host}]` : host;
  return [...new Set(['localhost', '127.0.0.1', '[::1]', own, ...(allowHost ?? [])])];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function parseWorkers(text: string): number {
  if (text.trim().toLowerCase() === 'auto') return Math.min(availableParallelism(), maxWorkers);
  return parseWorkerCount(text);
}

function flags(): Option[] {
  return [
    new Option('--host <address>', 'address to listen on').default('127.0.0.1'),
    new Option('--port <number>', '0 picks a free one').argParser(wholeNumber(0, 65_535)).default(8080),
    new Option('--tls-cert <file>', 'certificate chain (PEM), for https: and wss:'),
    new Option('--tls-key <file>', 'its private key (PEM)'),
    new Option(
      '--allow-origin <origins>',
      'origins whose pages may connect, beside our own: https://example.com, https://*.example.com, null, or any; repeat it or separate with commas',
    ).argParser(gatherList),
    new Option(
      '--allow-host <names>',
      'names that clients may connect under, or any; on a loopback address only its own are allowed (against DNS rebinding)',
    ).argParser(gatherList),
    new Option('--max-message-bytes <size>', 'largest message (default: 1MiB)').argParser(parseByteSize),
    new Option('--max-fragments <number>', 'most frames in a message (default: 1024)').argParser(
      wholeNumber(1),
    ),
    new Option(
      '--permessage-deflate [on|off]',
      'compress messages from 1 KiB on for clients that offer it (default: off)',
    )
      .preset('on')
      .argParser(parseSwitch),
    new Option('--max-connections <number>', 'most connections at a time').argParser(wholeNumber(1)),
    new Option(
      '--max-connections-per-address <number>',
      'the same, from one IPv4 address or IPv6 /64',
    ).argParser(wholeNumber(1)),
    new Option(
      '--trusted-proxies <addresses>',
      'proxies whose word about clients is believed: addresses, ranges, loopback, private',
    ).argParser(gatherList),
    new Option(
      '--forwarding <fields>',
      'which fields they write about clients (default: x-forwarded); never name one that they pass on',
    ).choices(['forwarded', 'x-forwarded', 'either']),
    new Option('--proxy-protocol [on|off]', 'connections from them begin with a PROXY header')
      .preset('on')
      .argParser(parseSwitch),
    new Option('--http2 [on|off]', 'serve HTTP/2 beside HTTP/1.1: by ALPN, without TLS by prior knowledge')
      .preset('on')
      .argParser(parseSwitch)
      .default(true, 'on'),
    new Option('--drain-timeout <seconds>', 'how long a shutdown may take')
      .argParser(parseTimeoutMs)
      .default(30_000, '30'),
    new Option('--workers <number>', 'processes that share the port, or auto for one per core')
      .argParser(parseWorkers)
      .default(1),
  ];
}

/** Every two workers have a socket between them. */
const maxWorkers = 256;
const parseWorkerCount = wholeNumber(1, maxWorkers);
