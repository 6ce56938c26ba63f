import { dirname, resolve } from 'node:path';

import { type AccessRules, accessRuleNames } from '../auth/access.js';
import { CommandFailure, ExitStatus } from '../command-failure.js';
import { readGivenFile } from '../given-file.js';
import type { Setting } from '../serve-flags.js';

import { addUnknown, describe, memberPath, membersOf, Problems } from './json-check.js';
import { faultOffset, placeOf } from './json-fault.js';
import { readSettingValue } from './setting-value.js';
import { isPatternLike, readTopics } from './topic-settings.js';

/** The names that only a file can set. `$schema` is for editors. */
export const fileOnlyNames = ['$schema', 'topics'] as const;

/**
 * Reads the settings of a file by their names. Rejects with CommandFailure that names the path of each value that is wrong,
 * and what may have been meant.
 */
export async function readConfigFile(
  path: string,
  settings: readonly Setting[],
): Promise<ReadonlyMap<string, unknown>> {
  const text = (await readGivenFile('--config', path)).toString('utf8');
  const problems = new Problems();
  const values = readMembers(parse(path, text), { settings, folder: dirname(resolve(path)), problems });
  if (problems.isEmpty) return values;
  throw new CommandFailure(`${path}: ${problems}`, ExitStatus.Usage);
}

interface Reading {
  readonly settings: readonly Setting[];
  readonly folder: string;
  readonly problems: Problems;
}

function readMembers(config: unknown, { settings, folder, problems }: Reading): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, value] of membersOf(config, '', problems) ?? []) {
    const setting = settings.find((known) => known.name === name);
    if (name === '$schema') continue;
    if (name === 'topics') values.set(name, readTopics(value, problems));
    else if (name === 'access' && typeof value === 'object') values.set(name, readAccess(value, problems));
    else if (setting === undefined) {
      addUnknown('', name, [...settings.map((known) => known.name), ...fileOnlyNames], problems);
    } else {
      const read = readSettingValue(setting, value, folder);
      if (read.type === 'value') values.set(name, read.value);
      else problems.add(name, read.problem);
    }
  }
  return values;
}

function readAccess(value: unknown, problems: Problems): AccessRules {
  const rules: Record<string, readonly string[]> = {};
  for (const [name, list] of membersOf(value, 'access', problems) ?? []) {
    const path = memberPath('access', name);
    if (!accessRuleNames.some((known) => known === name))
      addUnknown('access', name, accessRuleNames, problems);
    else if (!Array.isArray(list)) problems.add(path, `must be a list of patterns, not ${describe(list)}`);
    else if (!list.every((entry) => typeof entry === 'string' && isPatternLike(entry))) {
      problems.add(path, 'has an entry that is no topic and no pattern');
    } else rules[name] = list;
  }
  return rules;
}

/** The message of the platform is left out: it quotes the file, and that may have a secret. */
function parse(path: string, given: string): unknown {
  const text = given.replace(/^\ufeff/, '');
  try {
    return JSON.parse(text);
  } catch {
    const { line, column } = placeOf(text, faultOffset(text));
    throw new CommandFailure(`${path} is no JSON from line ${line}, column ${column} on`, ExitStatus.Usage);
  }
}
