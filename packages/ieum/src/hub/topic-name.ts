import { HubError } from './hub-error.js';

/** A topic has at most so many bytes of UTF-8. */
export const maxTopicBytes = 255;
/** A topic has at most so many levels. */
export const maxTopicLevels = 16;

/**
 * Checks a topic's name: levels with `/` between them, such as `chat/rooms/42`. No level is empty, none has a `*`, nothing is
 * a control character, an invisible one or half of a surrogate pair, and all of it has at most 255 bytes in at most 16 levels. Names are
 * compared as they are, case and all.
 *
 * @throws HubError `ERR_HUB_INVALID_TOPIC`
 */
export function checkTopic(name: unknown): string {
  const problem = problemOf(name) ?? (name as string).includes('*');
  if (problem === false) return name as string;
  const reason = problem === true ? 'it has a wildcard' : problem;
  throw new HubError('ERR_HUB_INVALID_TOPIC', `this is no topic: ${reason}`);
}

/**
 * Checks what is subscribed to: a topic, or a pattern, in which a level may be `*`, which stands for one level, and the last
 * one may be `**`, which stands for one or more.
 *
 * @param subject what an error calls it
 * @throws HubError `ERR_HUB_INVALID_PATTERN`
 */
export function checkPattern(name: unknown, subject = 'this'): string {
  const problem = problemOf(name) ?? wildcardProblemOf((name as string).split('/'));
  if (problem === undefined) return name as string;
  throw new HubError('ERR_HUB_INVALID_PATTERN', `${subject} is no pattern: ${problem}`);
}

/** Whether a checked name has wildcards. */
export function isPattern(name: string): boolean {
  return name.includes('*');
}

/** Whether a topic is one of those that a checked pattern stands for. */
export function matchesPattern(pattern: string, topic: string): boolean {
  const expected = pattern.split('/');
  const levels = topic.split('/');
  const isOpen = expected.at(-1) === '**';
  if (isOpen ? levels.length < expected.length : levels.length !== expected.length) return false;
  const fixed = isOpen ? expected.length - 1 : expected.length;
  for (let i = 0; i < fixed; i++) {
    if (expected[i] !== '*' && expected[i] !== levels[i]) return false;
  }
  return true;
}

function problemOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return `it is a ${name === null ? 'null' : typeof name}, not a string`;
  if (name.length > maxTopicBytes || encoder.encode(name).byteLength > maxTopicBytes) {
    return `it has more than ${maxTopicBytes} bytes`;
  }
  if (unusable.test(name)) return 'it has a control character or half a surrogate pair';
  const levels = name.split('/');
  if (levels.includes('')) return 'it has an empty level';
  return levels.length > maxTopicLevels ? `it has more than ${maxTopicLevels} levels` : undefined;
}

function wildcardProblemOf(levels: readonly string[]): string | undefined {
  for (const [i, level] of levels.entries()) {
    if (!level.includes('*') || level === '*') continue;
    if (level !== '**') return 'a wildcard is a level by itself';
    if (i !== levels.length - 1) return '** is the last level';
  }
  return undefined;
}

const encoder = new TextEncoder();
/**
 * Control characters, line separators, lone surrogates, and format characters that nobody sees and so could make two names
 * look alike; joiners, which scripts and emoji need, are none of them.
 */
const unusable =
  /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u;
