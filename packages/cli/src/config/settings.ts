import type { Command } from 'commander';
import { withoutCredentials } from '../hub/broker-choice.js';
import { type Setting, serveSettings, variableOf } from '../serve-flags.js';
import type { ServeFlags } from '../serve-options.js';
import { visibleJson } from '../visible-text.js';

import { fileOnlyNames, readConfigFile } from './config-file.js';

/** Everything that `ieum serve` was told, and where each of it comes from. */
export interface Settings {
  readonly flags: ServeFlags;
  /** Where a setting comes from, in words; undefined when it is not set. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Puts together what flags, variables, the file and the defaults say: each goes before those behind it. Rejects with
 * CommandFailure for a file that is not usable.
 */
export async function settleFlags(command: Command): Promise<Settings> {
  const given: Record<string, unknown> = { ...command.opts() };
  const { config: path } = command.opts<{ config?: string }>();
  const settings = serveSettings();
  const sources = new Map<string, string>();
  for (const { name } of settings) {
    const source = command.getOptionValueSource(name);
    if (source !== undefined) sources.set(name, describeSource(source, name, settings));
  }
  const inFile = path === undefined ? new Map<string, unknown>() : await readConfigFile(path, settings);
  for (const [name, value] of inFile) {
    const source = command.getOptionValueSource(name);
    if (source !== undefined && source !== 'default') continue;
    given[name] = value;
    sources.set(name, `file ${path}`);
  }
  return { flags: given as unknown as ServeFlags, sources };
}

/** A line for each setting: its name, its value as a file would have it, where it comes from. Secrets are hidden. */
export function formatSettings({ flags, sources }: Settings): string {
  const values = new Map(Object.entries(flags));
  const settings = new Map(serveSettings().map((setting) => [setting.name, setting]));
  const names = [...settings.keys(), ...fileOnlyNames.filter((name) => values.has(name))];
  const rows = names.map((name) => {
    const value = values.get(name);
    if (value === undefined) return [name, '-', 'not set'];
    return [name, formatValue(value, settings.get(name)), sources.get(name) ?? 'default'];
  });
  const widths = [0, 1].map((column) =>
    Math.max(...rows.map((row) => Math.min(row[column]?.length ?? 0, 40))),
  );
  const lines = rows.map(([name = '', value = '', source = '']) =>
    `${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${source}`.trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function formatValue(value: unknown, setting: Setting | undefined): string {
  if (setting?.isSecret === true) return '(hidden)';
  // A bare number would be seconds in a file.
  const written = setting?.kind === 'duration' ? `${value}ms` : value;
  return withoutCredentials(visibleJson(written));
}

function describeSource(source: string, name: string, settings: readonly Setting[]): string {
  if (source === 'cli') return `flag ${settings.find((setting) => setting.name === name)?.option.long}`;
  return source === 'env' ? `variable ${variableOf(name)}` : 'default';
}
