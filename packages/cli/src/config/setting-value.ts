import { resolve } from 'node:path';

import { InvalidArgumentError } from 'commander';

import type { Setting, SettingKind } from '../serve-flags.js';

import { describe } from './json-check.js';

/** What became of a value in a file: as a flag would have given it, or what is wrong. */
export type SettingValue =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'problem'; readonly problem: string };

/** Reads the value of a setting, by the same parser that its flag has. @param folder that paths begin from */
export function readSettingValue(setting: Setting, value: unknown, folder: string): SettingValue {
  const texts = textsOf(setting.kind, value);
  if (texts === null) return wrong(`must be ${expected(setting)}, not ${describe(value)}`);
  try {
    return { type: 'value', value: parseTexts(setting, texts, folder) };
  } catch (error) {
    if (error instanceof InvalidArgumentError) return wrong(`is not usable: ${asClause(error.message)}`);
    throw error;
  }
}

/** Which types of JSON the values of a kind have. */
export function jsonTypesOf(kind: SettingKind): readonly ('string' | 'number' | 'boolean' | 'array')[] {
  switch (kind) {
    case 'number':
      return ['number'];
    case 'count':
    case 'size':
    case 'duration':
      return ['number', 'string'];
    case 'switch':
      return ['boolean'];
    case 'list':
      return ['array', 'string'];
    case 'text':
    case 'path':
    case 'address':
    case 'choice':
      return ['string'];
  }
}

function textsOf(kind: SettingKind, value: unknown): readonly string[] | null {
  const types = jsonTypesOf(kind);
  if (typeof value === 'boolean' && types.includes('boolean')) return [value ? 'on' : 'off'];
  if (typeof value === 'number' && types.includes('number')) return [String(value)];
  if (typeof value === 'string' && types.includes('string')) return value === '' ? null : [value];
  const isList = Array.isArray(value) && types.includes('array') && value.length > 0;
  return isList && value.every((entry) => typeof entry === 'string') ? value : null;
}

function parseTexts({ kind, option }: Setting, texts: readonly string[], folder: string): unknown {
  const { parseArg } = option;
  if (kind === 'path') return isUrl(texts[0] ?? '') ? texts[0] : resolve(folder, texts[0] ?? '');
  if (parseArg === undefined) return texts[0];
  return texts.reduce<unknown>((previous, text) => parseArg(text, previous), undefined);
}

function expected({ kind, option }: Setting): string {
  const words: Readonly<Record<SettingKind, string>> = {
    text: 'a string',
    path: 'the path of a file',
    address: 'a string',
    number: 'a number',
    count: 'a number, or "auto"',
    size: 'a number of bytes, or a string such as "64KiB"',
    duration: 'a number of seconds, or a string such as "500ms"',
    switch: 'true or false',
    list: 'a list of strings',
    choice: `one of ${(option.argChoices ?? []).map((choice) => JSON.stringify(choice)).join(', ')}`,
  };
  return words[kind];
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text);
}

/** A sentence, as it stands among others in one line. */
function asClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}

function wrong(problem: string): SettingValue {
  return { type: 'problem', problem };
}
