import type { StompVersion } from './frame.js';

/** Whether headers of a frame are escaped: those of CONNECT and CONNECTED never are, and STOMP 1.0 knows no escapes. */
export function hasEscapes(command: string, version: StompVersion): boolean {
  return version !== '1.0' && command !== 'CONNECT' && command !== 'CONNECTED';
}

/** The name or value that was meant; null for an escape that the version does not know. */
export function unescapeHeader(text: string, version: StompVersion): string | null {
  if (!text.includes('\\')) return text;
  let plain = '';
  let from = 0;
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', from)) {
    const meant = meanings.get(text.charAt(at + 1));
    if (meant === undefined || (meant === '\r' && version !== '1.2')) return null;
    plain += text.slice(from, at) + meant;
    from = at + 2;
  }
  return plain + text.slice(from);
}

/** A name or value so that it stays on its line. What a version has no escape for is replaced by a space. */
export function escapeHeader(text: string, command: string, version: StompVersion): string {
  const safe = text.includes('\0') ? text.replaceAll('\0', ' ') : text;
  if (!special.test(safe)) return safe;
  if (!hasEscapes(command, version)) return safe.replaceAll(/[\r\n]/g, ' ');
  return safe.replaceAll(/[\\\r\n:]/g, (character) => {
    if (character === '\r' && version === '1.1') return ' ';
    return escapes.get(character) as string;
  });
}

/** As `escapeHeader`, of a name: where there are no escapes it has no colon either. */
export function escapeHeaderName(name: string, command: string, version: StompVersion): string {
  const escaped = escapeHeader(name, command, version);
  return hasEscapes(command, version) ? escaped : escaped.replaceAll(':', ' ');
}

const meanings: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['c', ':'],
  ['\\', '\\'],
  ['r', '\r'],
]);
const escapes: ReadonlyMap<string, string> = new Map(
  [...meanings].map(([name, meant]) => [meant, `\\${name}`]),
);
const special = /[\\\r\n:]/;
