import type { LogEntry } from '../wire/wire-log.js';

/** A wire log as lines of text. */
export function formatLog(log: readonly LogEntry[]): string {
  return log.map(formatEntry).join('\n');
}

function formatEntry({ atMs, direction, line, hex }: LogEntry): string {
  const time = `${atMs.toFixed(1)} ms`.padStart(10);
  const bytes = hex === undefined || hex === '' || line.includes('\n') ? '' : `  [${hex}]`;
  return `${time} ${signs[direction]} ${line.replaceAll('\n', `\n${' '.repeat(13)}`)}${bytes}`;
}

/** Who spoke: the tester to the right, the peer to the left. */
export const signs: Readonly<Record<LogEntry['direction'], string>> = { sent: '→', received: '←', note: '·' };
