import { HubError } from '../hub-error.js';
import { checkPattern, isPattern, matchesPattern } from '../topic-name.js';
import type { CompletePolicy, TopicPolicy } from '../topic-policy.js';
import { completePolicy } from './topic-policy-check.js';

/**
 * Policies by namespace: the most specific one that has a topic holds for it, and nothing of the others. Compared level by
 * level from the left, a name goes before `*`, and `*` before `**`.
 */
export class PolicyTable<User> {
  readonly #namespaces: readonly (readonly [pattern: string, policy: CompletePolicy<User>])[];

  /** @throws UsageError `ERR_WS_INVALID_OPTION`, HubError `ERR_HUB_INVALID_PATTERN` */
  constructor(topics: Readonly<Record<string, TopicPolicy<User>>>) {
    this.#namespaces = Object.entries(topics)
      .map(([pattern, policy]) => {
        const name = `topics[${JSON.stringify(pattern)}]`;
        return [checkPattern(pattern, name), completePolicy(name, policy)] as const;
      })
      .sort(([a], [b]) => compareSpecificity(a, b));
  }

  /** The policy of a checked topic or pattern. @throws HubError `ERR_HUB_UNKNOWN_TOPIC` */
  of(name: string): CompletePolicy<User> {
    const has = isPattern(name) ? coversPattern : matchesPattern;
    const found = this.#namespaces.find(([namespace]) => has(namespace, name));
    if (found !== undefined) return found[1];
    throw new HubError('ERR_HUB_UNKNOWN_TOPIC', `no policy has ${JSON.stringify(name)}`);
  }
}

/** Whether all topics that a pattern stands for are in a namespace. */
function coversPattern(namespace: string, pattern: string): boolean {
  const isOpen = pattern.endsWith('**');
  if (isOpen && !namespace.endsWith('**')) return false;
  return matchesPattern(namespace, pattern);
}

/** Sorts patterns: the more specific one goes first. */
export function compareSpecificity(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = vagueness(left[i]) - vagueness(right[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A pattern that has ended goes last: where it matters, what it is compared with is longer and has named more. */
function vagueness(level: string | undefined): number {
  if (level === '**') return 2;
  if (level === undefined) return 3;
  return level === '*' ? 1 : 0;
}
