import { Buffer } from 'node:buffer';

/**
 * The subject for a topic or a pattern below `root`: levels become tokens. Letters, digits, - and _ stay, other bytes of
 * UTF-8 become `=` and two hexadecimal digits; `*` and `**` become NATS's own wildcards.
 */
export function subjectOf(root: string, name: string): string {
  let subject = root;
  for (const level of name.split('/')) subject += `.${tokenOf(level)}`;
  return subject;
}

/** The topic of a subject, without the first `skip` tokens of it. */
export function topicOf(subject: string, skip: number): string {
  return subject.split('.').slice(skip).map(levelOf).join('/');
}

function tokenOf(level: string): string {
  if (level === '*') return '*';
  if (level === '**') return '>';
  if (/^[A-Za-z0-9_-]+$/.test(level)) return level;
  let token = '';
  for (const byte of Buffer.from(level, 'utf8')) {
    const character = String.fromCharCode(byte);
    token += /[A-Za-z0-9_-]/.test(character) ? character : `=${byte.toString(16).padStart(2, '0')}`;
  }
  return token;
}

function levelOf(token: string): string {
  if (!token.includes('=')) return token;
  const bytes: number[] = [];
  for (let i = 0; i < token.length; i++) {
    if (token[i] === '=') {
      bytes.push(Number.parseInt(token.slice(i + 1, i + 3), 16));
      i += 2;
    } else {
      bytes.push(token.charCodeAt(i));
    }
  }
  return Buffer.from(bytes).toString('utf8');
}
