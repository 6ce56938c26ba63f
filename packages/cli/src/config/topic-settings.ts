import { InvalidArgumentError } from 'commander';

import { parseByteSize } from '../byte-size.js';
import { parseDurationMs } from '../duration.js';

import { addUnknown, describe, memberPath, membersOf, type Problems } from './json-check.js';

/** What holds for the topics of a namespace: as the hub takes it, less what only code can give. */
export interface TopicSettings {
  readonly history?: HistorySettings | false;
  readonly presence?: boolean;
  readonly slowReader?: 'wait' | 'drop-newest' | 'drop-oldest' | 'latest' | 'close';
  readonly maxQueuedBytes?: number;
  readonly maxPayloadBytes?: number;
  readonly idempotencyMs?: number;
}

export interface HistorySettings {
  readonly maxMessages?: number;
  readonly maxAgeMs?: number;
}

/** Reads `topics` of a file: namespaces by their patterns. */
export function readTopics(value: unknown, problems: Problems): Readonly<Record<string, TopicSettings>> {
  const topics: [string, TopicSettings][] = [];
  for (const [pattern, settings] of membersOf(value, 'topics', problems) ?? []) {
    const path = memberPath('topics', pattern);
    if (!isPatternLike(pattern)) {
      problems.add(path, 'is no pattern: write levels with / between, * for one and ** at the end for all');
    }
    topics.push([pattern, readMembers(settings, path, topicReaders, problems) as TopicSettings]);
  }
  return Object.fromEntries(topics);
}

/** Whether levels are separated as topics have it, and wildcards are levels by themselves, `**` the last. */
export function isPatternLike(pattern: string): boolean {
  const levels = pattern.split('/');
  return levels.every((level, i) => {
    if (level === '**') return i === levels.length - 1;
    return level === '*' || (level !== '' && !level.includes('*'));
  });
}

/** The names that a namespace may set, and those of its `history`. */
export const topicSettingNames = {
  topic: ['history', 'presence', 'slowReader', 'maxQueuedBytes', 'maxPayloadBytes', 'idempotencyMs'],
  history: ['maxMessages', 'maxAgeMs'],
} as const;

export const slowReaderPolicies = ['wait', 'drop-newest', 'drop-oldest', 'latest', 'close'] as const;

/** Gives the value, or undefined after having told what is wrong. */
type Reader = (value: unknown, path: string, problems: Problems) => unknown;

function readMembers(
  value: unknown,
  path: string,
  readers: ReadonlyMap<string, Reader>,
  problems: Problems,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, member] of membersOf(value, path, problems) ?? []) {
    const reader = readers.get(name);
    if (reader === undefined) addUnknown(path, name, readers.keys(), problems);
    else read[name] = reader(member, memberPath(path, name), problems);
  }
  return read;
}

const readHistory: Reader = (value, path, problems) =>
  value === false ? false : readMembers(value, path, historyReaders, problems);

const readBoolean: Reader = (value, path, problems) => {
  if (typeof value === 'boolean') return value;
  problems.add(path, `must be true or false, not ${describe(value)}`);
};

const readPolicy: Reader = (value, path, problems) => {
  if (slowReaderPolicies.some((policy) => policy === value)) return value;
  const choices = slowReaderPolicies.map((policy) => JSON.stringify(policy)).join(', ');
  problems.add(path, `must be one of ${choices}`);
};

const readCount: Reader = (value, path, problems) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  problems.add(path, 'must be a whole number from 1 on');
};

/** A number of the unit that the name says, or a string with a unit of its own. */
function readerOf(parse: (text: string) => number, example: string): Reader {
  return (value, path, problems) => {
    if (typeof value === 'number') return readCount(value, path, problems);
    try {
      if (typeof value === 'string' && /[a-z]\s*$/i.test(value)) return parse(value);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
    }
    problems.add(path, `must be a whole number from 1 on, or a string such as ${JSON.stringify(example)}`);
  };
}

const readBytes = readerOf(parseByteSize, '64KiB');
const readMs = readerOf(parseDurationMs, '5m');

const historyReaders: ReadonlyMap<string, Reader> = new Map([
  ['maxMessages', readCount],
  ['maxAgeMs', readMs],
]);
const topicReaders: ReadonlyMap<string, Reader> = new Map([
  ['history', readHistory],
  ['presence', readBoolean],
  ['slowReader', readPolicy],
  ['maxQueuedBytes', readBytes],
  ['maxPayloadBytes', readBytes],
  ['idempotencyMs', readMs],
]);
