/** What somebody may ask of a hub. */
export type AccessAction = 'subscribe' | 'subscribe-pattern' | 'publish' | 'presence' | 'history';

/** On which topics somebody may do what, as lists of topics and patterns. What has no list is not allowed. */
export interface AccessRules {
  readonly subscribe?: readonly string[];
  readonly publish?: readonly string[];
  readonly presence?: readonly string[];
  /** Left out: as `subscribe`. */
  readonly history?: readonly string[];
}

/**
 * Whether the rules allow it. A subscription to a pattern is allowed only when one of the allowed patterns covers all of it.
 *
 * @param name a topic, for `subscribe-pattern` a pattern
 */
export function isAllowed(rules: AccessRules, action: AccessAction, name: string): boolean {
  return listFor(rules, action).some((allowed) => covers(allowed, name));
}

/** Whether every topic that `name` stands for is one that `pattern` stands for. A topic stands for itself. */
export function covers(pattern: string, name: string): boolean {
  const allowed = pattern.split('/');
  const asked = name.split('/');
  for (const [i, level] of allowed.entries()) {
    const other = asked[i];
    if (other === undefined || other === '') return false;
    if (level === '**') return i === allowed.length - 1;
    const isCovered = level === '*' ? other !== '**' : level === other;
    if (!isCovered) return false;
  }
  return asked.length === allowed.length;
}

/** Checks what a token or a file says; null when it is not of this shape. */
export function readAccessRules(value: unknown): AccessRules | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  return entries.every(([name, list]) => isRuleName(name) && isListOfStrings(list))
    ? (Object.fromEntries(entries) as AccessRules)
    : null;
}

/** Everything, and nothing. */
export const allAccess: AccessRules = { subscribe: ['**'], publish: ['**'], presence: ['**'] };
export const noAccess: AccessRules = {};

/** The names of its lists. */
export const accessRuleNames = ['subscribe', 'publish', 'presence', 'history'] as const;

function listFor(rules: AccessRules, action: AccessAction): readonly string[] {
  switch (action) {
    case 'subscribe':
    case 'subscribe-pattern':
      return rules.subscribe ?? [];
    case 'publish':
      return rules.publish ?? [];
    case 'presence':
      return rules.presence ?? [];
    case 'history':
      return rules.history ?? rules.subscribe ?? [];
  }
}

function isRuleName(name: string): boolean {
  return accessRuleNames.some((known) => known === name);
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
