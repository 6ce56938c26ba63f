import type { Writable } from 'node:stream';

import { colorsFor } from './colors.js';
import { visible, visibleJson } from './visible-text.js';

export type LogFormat = 'text' | 'json';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What programs read beside the text: flat, and small. `event` says what happened, in a name that stays. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** What a server tells whoever runs it. */
export interface Log {
  debug(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
}

export interface LogOptions {
  /** Default `text`. */
  readonly format?: LogFormat;
  /** The least that is written. Default `info`. */
  readonly level?: LogLevel;
  /** Fields that every entry has; in text, nothing is seen of them. */
  readonly fields?: LogFields;
  /** Put before every text. */
  readonly prefix?: string;
}

/**
 * Writes an entry for each call: a line with time, level and text, or an object in JSON on a line with the fields too. What
 * came from elsewhere is escaped, so that nobody forges an entry or commands a terminal.
 */
export function createLog(stream: Writable & { readonly isTTY?: boolean }, options: LogOptions = {}): Log {
  const { format = 'text', level: least = 'info', fields: shared = {}, prefix = '' } = options;
  const formatEntry = format === 'json' ? formatJson : formatText(stream);
  const writer = (level: LogLevel) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return () => {};
    return (text: string, fields?: LogFields): void => {
      const entry = {
        time: new Date().toISOString(),
        level,
        text: prefix + text,
        fields: { ...shared, ...fields },
      };
      stream.write(`${formatEntry(entry)}\n`);
    };
  };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

interface Entry {
  readonly time: string;
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: LogFields;
}

function formatJson({ time, level, text, fields }: Entry): string {
  return visibleJson({ time, level, message: text, ...fields });
}

/** Lines behind the first, as a stack has them, are set in: only an entry begins at the margin. */
function formatText(stream: { readonly isTTY?: boolean }): (entry: Entry) => string {
  const colors = colorsFor(stream);
  const names: Readonly<Record<LogLevel, string>> = {
    debug: colors.dim('debug'),
    info: 'info ',
    warn: colors.yellow('warn '),
    error: colors.red('error'),
  };
  return ({ time, level, text }) => {
    const lines = text.split('\n').map((line) => visible(line));
    return `${colors.dim(time)} ${names[level]} ${lines.join('\n    ')}`;
  };
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
