import { availableParallelism } from 'node:os';

import { type Command, Option } from 'commander';

import { parseByteSize } from './byte-size.js';
import { parseTimeoutMs } from './duration.js';
import { settingPrefix } from './environment.js';
import { gatherList, parseSwitch, wholeNumber } from './flag-value.js';

/**
 * What the value of a setting is in a file of JSON.
 *
 * - `path`: a string, from the file's own folder on.
 * - `size`: a number of bytes, or a string with a unit. `duration`: the same for seconds.
 * - `list`: a string or several.
 * - `count`: a number, or `auto`.
 */
export type SettingKind =
  | 'text'
  | 'path'
  | 'address'
  | 'number'
  | 'count'
  | 'size'
  | 'duration'
  | 'switch'
  | 'choice'
  | 'list';

/** Something about `ieum serve` that can be set by a flag, by a variable and in a file. */
export interface Setting {
  /** As the file has it. */
  readonly name: string;
  readonly kind: SettingKind;
  readonly option: Option;
  /** Whether its value is shown to nobody. */
  readonly isSecret: boolean;
}

/** Declares the flags; each can be given as an `IEUM_…` variable too. */
export function addServeFlags(command: Command): Command {
  for (const { option } of serveSettings()) command.addOption(option);
  command.addOption(
    new Option('--config <file>', 'settings as JSON; flags and variables go before it')
      .env(`${settingPrefix}CONFIG`)
      .helpGroup(groups.configuration),
  );
  command.addOption(
    new Option('--print-config', 'show what holds and where it comes from, and end').helpGroup(
      groups.configuration,
    ),
  );
  command.addOption(
    new Option('--config-schema', 'show the JSON Schema of such a file, and end').helpGroup(
      groups.configuration,
    ),
  );
  return command;
}

/** All settings, in the order of the help. Options are made anew at each call. */
export function serveSettings(): readonly Setting[] {
  return [
    ...group(groups.address, addressSettings()),
    ...group(groups.clients, clientSettings()),
    ...group(groups.messages, messageSettings()),
    ...group(groups.hub, hubSettings()),
    ...group(groups.operation, operationSettings()),
  ];
}

/** The variable that stands for a setting. */
export function variableOf(name: string): string {
  return settingPrefix + name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

type Entry = readonly [kind: SettingKind, option: Option];

function group(heading: string, entries: readonly Entry[]): Setting[] {
  return entries.map(([kind, option]) => {
    const name = option.attributeName();
    option.env(variableOf(name)).helpGroup(heading);
    return { name, kind, option, isSecret: name === 'authJwtSecret' };
  });
}

function addressSettings(): Entry[] {
  return [
    ['text', new Option('--host <address>', 'address to listen on').default('127.0.0.1')],
    [
      'number',
      new Option('--port <number>', '0 picks a free one').argParser(wholeNumber(0, 65_535)).default(8080),
    ],
    ['path', new Option('--tls-cert <file>', 'certificate chain (PEM), for https: and wss:')],
    ['path', new Option('--tls-key <file>', 'its private key (PEM)')],
    [
      'switch',
      switchOption(
        '--http2',
        'serve HTTP/2 beside HTTP/1.1: by ALPN, without TLS by prior knowledge',
      ).default(true, 'on'),
    ],
    [
      'count',
      new Option('--workers <number>', 'processes that share the port, or auto for one per core')
        .argParser(parseWorkers)
        .default(1),
    ],
  ];
}

function clientSettings(): Entry[] {
  return [
    [
      'list',
      new Option(
        '--allow-origin <origins>',
        'origins whose pages may connect, beside our own: https://example.com, https://*.example.com, null, or any; repeat it or separate with commas',
      ).argParser(gatherList),
    ],
    [
      'list',
      new Option(
        '--allow-host <names>',
        'names that clients may connect under, or any; on a loopback address only its own are allowed (against DNS rebinding)',
      ).argParser(gatherList),
    ],
    [
      'number',
      new Option('--max-connections <number>', 'most connections at a time').argParser(wholeNumber(1)),
    ],
    [
      'number',
      new Option(
        '--max-connections-per-address <number>',
        'the same, from one IPv4 address or IPv6 /64',
      ).argParser(wholeNumber(1)),
    ],
    [
      'list',
      new Option(
        '--trusted-proxies <addresses>',
        'proxies whose word about clients is believed: addresses, ranges, loopback, private',
      ).argParser(gatherList),
    ],
    [
      'choice',
      new Option(
        '--forwarding <fields>',
        'which fields they write about clients (default: x-forwarded); never name one that they pass on',
      ).choices(['forwarded', 'x-forwarded', 'either']),
    ],
    ['switch', switchOption('--proxy-protocol', 'connections from them begin with a PROXY header')],
  ];
}

function messageSettings(): Entry[] {
  return [
    [
      'size',
      new Option('--max-message-bytes <size>', 'largest message (default: 1MiB)').argParser(parseByteSize),
    ],
    [
      'number',
      new Option('--max-fragments <number>', 'most frames in a message (default: 1024)').argParser(
        wholeNumber(1),
      ),
    ],
    [
      'switch',
      switchOption(
        '--permessage-deflate',
        'compress messages from 1 KiB on for clients that offer it (default: off)',
      ),
    ],
  ];
}

function hubSettings(): Entry[] {
  return [
    [
      'address',
      new Option(
        '--broker <broker>',
        'where hubs meet: memory, redis://… or nats://…, rediss:// and tls:// for TLS',
      ).default('memory'),
    ],
    [
      'text',
      new Option(
        '--auth-jwt-secret <secret>',
        'clients need a token (JWT) signed with it: HS256, HS384 or HS512; others on this machine see flags, so better in a file',
      ),
    ],
    ['path', new Option('--auth-jwt-secret-file <file>', 'a file with it, 32 bytes or more')],
    [
      'path',
      new Option(
        '--auth-jwks <url>',
        'clients need a token signed with a key of this set (JWKS): an https: URL or a file',
      ),
    ],
    ['text', new Option('--auth-issuer <issuer>', 'who has to have issued tokens (iss)')],
    [
      'list',
      new Option('--auth-audience <audiences>', 'whom tokens have to be for: one of these (aud)').argParser(
        gatherList,
      ),
    ],
    ['switch', switchOption('--auth-require-exp', 'refuse tokens that never expire (default: on)')],
    [
      'choice',
      new Option(
        '--access <topics>',
        'what those may do whose token does not say: all or none (default: all without tokens, none with them)',
      ).choices(['all', 'none']),
    ],
  ];
}

function operationSettings(): Entry[] {
  return [
    [
      'switch',
      switchOption(
        '--metrics',
        'serve /metrics (default: on for a loopback address without proxies, else off)',
      ),
    ],
    [
      'list',
      new Option(
        '--metrics-allow <addresses>',
        'who may ask for /metrics: addresses, ranges, loopback, private (default: everyone who can)',
      ).argParser(gatherList),
    ],
    [
      'choice',
      new Option('--log-format <format>', 'lines for people or for programs')
        .choices(['text', 'json'])
        .default('text'),
    ],
    [
      'choice',
      new Option('--log-level <level>', 'the least that is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    ],
    [
      'duration',
      new Option('--drain-timeout <seconds>', 'how long a shutdown may take')
        .argParser(parseTimeoutMs)
        .default(30_000, '30'),
    ],
  ];
}

function switchOption(flag: string, description: string): Option {
  return new Option(`${flag} [on|off]`, description).preset('on').argParser(parseSwitch);
}

function parseWorkers(text: string): number {
  if (text.trim().toLowerCase() === 'auto') return Math.min(availableParallelism(), maxWorkers);
  return parseWorkerCount(text);
}

const groups = {
  configuration: 'Configuration:',
  address: 'Where and how:',
  clients: 'Who may connect:',
  messages: 'Messages:',
  hub: 'Hub and tokens:',
  operation: 'Operation:',
} as const;

/** Every two workers have a socket between them. */
const maxWorkers = 256;
const parseWorkerCount = wholeNumber(1, maxWorkers);
