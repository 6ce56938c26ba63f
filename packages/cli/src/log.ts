import type { Writable } from 'node:stream';

import { colorsFor } from './colors.js';

/** What a server tells whoever runs it. */
export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** Writes one line for each entry: time, level, text. */
export function createLog(stream: Writable & { readonly isTTY?: boolean }): Log {
  const colors = colorsFor(stream);
  const write = (level: string, text: string): void => {
    stream.write(`${colors.dim(new Date().toISOString())} ${level} ${text}\n`);
  };
  return {
    info: (text) => write('info ', text),
    warn: (text) => write(colors.yellow('warn '), text),
    error: (text) => write(colors.red('error'), text),
  };
}
