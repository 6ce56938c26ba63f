import { InvalidArgumentError, Option } from 'commander';
import type { ConnectOptions, HeaderField } from 'ieum';

import { CommandFailure, ExitStatus } from './command-failure.js';
import { gather } from './flag-value.js';
import { readGivenFile } from './given-file.js';

/** What the flags say that all commands have which open connections. */
export interface OpeningFlags {
  readonly header?: readonly HeaderField[];
  readonly subprotocol?: readonly string[];
  readonly origin?: string;
  readonly insecure?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export function openingFlags(): Option[] {
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
  ];
}

/** The same as options of the library. @throws CommandFailure when a file cannot be read or flags do not fit */
export async function openingOptionsFrom(flags: OpeningFlags): Promise<OpeningFlagOptions> {
  const { header, subprotocol, origin } = flags;
  return {
    tls: await tlsFrom(flags),
    ...(header === undefined ? {} : { headers: header }),
    ...(subprotocol === undefined ? {} : { subprotocols: subprotocol }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** Options of `connect` that flags give. */
export interface OpeningFlagOptions extends Pick<ConnectOptions, 'subprotocols' | 'origin'> {
  readonly headers?: readonly HeaderField[];
  readonly tls: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly rejectUnauthorized?: false;
  };
}

async function tlsFrom(flags: OpeningFlags): Promise<OpeningFlagOptions['tls']> {
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

function gatherField(text: string, previous: readonly HeaderField[] | undefined): readonly HeaderField[] {
  const match = /^\s*([^\s:]+)\s*:(.*)$/.exec(text);
  if (match === null) throw new InvalidArgumentError("Write a header field as 'Name: value'.");
  return [...(previous ?? []), [match[1] ?? '', (match[2] ?? '').trim()]];
}
