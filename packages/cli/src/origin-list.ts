import type { OriginPolicy } from 'ieum';

import { CommandFailure, ExitStatus } from './command-failure.js';

/**
 * The origin policy of `--allow-origin`: `any`, or the server's own origin and those listed (with none listed, its own).
 *
 * @throws CommandFailure when an entry is no origin
 */
export function originPolicyFor(entries: readonly string[]): OriginPolicy {
  if (entries.length === 0) return 'same-origin';
  if (entries.includes('any')) return 'any';
  const patterns = entries.map(parsePattern);
  return (origin, { host = '', secure }) => {
    if (origin === undefined) return true;
    const asked = parseOrigin(origin);
    if (asked === null) return patterns.some(({ scheme }) => scheme === 'null') && origin === 'null';
    const own = parseOrigin(`${secure ? 'https' : 'http'}://${host}`);
    return [...patterns, ...(own === null ? [] : [{ ...own, below: false }])].some((pattern) =>
      matches(pattern, asked),
    );
  };
}

interface Origin {
  readonly scheme: string;
  readonly hostname: string;
  /** Empty for the default of the scheme. */
  readonly port: string;
}

interface OriginPattern extends Origin {
  /** Whether it stands for all names below its own. */
  readonly below: boolean;
}

function parsePattern(entry: string): OriginPattern {
  if (entry === 'null') return { scheme: 'null', hostname: '', port: '', below: false };
  const bare = entry.replace('://*.', '://');
  const origin = parseOrigin(bare);
  if (origin === null || bare.includes('*')) {
    throw new CommandFailure(
      `--allow-origin takes origins such as https://example.com or https://*.example.com, null, or any, not ${JSON.stringify(entry)}`,
      ExitStatus.Usage,
    );
  }
  return { ...origin, below: bare !== entry };
}

function parseOrigin(text: string): Origin | null {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^/?#@\\\s]+$/i.test(text) || !URL.canParse(text)) return null;
  const { protocol, hostname, port } = new URL(text);
  return hostname === '' ? null : { scheme: protocol, hostname, port };
}

function matches(pattern: OriginPattern, asked: Origin): boolean {
  if (pattern.scheme !== asked.scheme || pattern.port !== asked.port) return false;
  return pattern.below
    ? asked.hostname.endsWith(`.${pattern.hostname}`)
    : pattern.hostname === asked.hostname;
}
