import { parseHex } from './hex.js';

/** What a line typed at the prompt asks for. */
export type PromptLine =
  | { readonly type: 'nothing' }
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'binary'; readonly bytes: Uint8Array }
  | { readonly type: 'ping'; readonly payload: string }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  | { readonly type: 'help' }
  | { readonly type: 'mistake'; readonly problem: string };

/** @param binary whether messages are typed in hexadecimal */
export function parsePromptLine(line: string, binary: boolean): PromptLine {
  if (line.trim() === '') return { type: 'nothing' };
  if (line.startsWith('//')) return message(line.slice(1), binary);
  const command = /^\/(\S*)\s*(.*)$/s.exec(line);
  if (command === null) return message(line, binary);
  const [, name = '', rest = ''] = command;
  switch (name) {
    case 'ping':
      return { type: 'ping', payload: rest };
    case 'close':
    case 'quit':
      return parseClose(rest);
    case 'binary':
      return message(rest, true);
    case 'help':
      return { type: 'help' };
    default:
      return {
        type: 'mistake',
        problem: `there is no command /${name}: /help lists them, // sends a line with a slash`,
      };
  }
}

/** What the commands are, for people. */
export const promptHelp: readonly string[] = [
  '/ping [payload]          send a Ping and show how long its Pong takes',
  '/binary <hex>            send a binary message, as in /binary 00 ff 7e',
  '/close [code] [reason]   close the connection, with 1000 unless told otherwise',
  '/help                    this list',
  '//text                   send a line that begins with a slash',
  'Ctrl-C or Ctrl-D close the connection too. A line that begins with a space is not kept in the history.',
];

/** The commands, for completion. */
export const promptCommands: readonly string[] = ['/ping', '/binary', '/close', '/help'];

function message(text: string, binary: boolean): PromptLine {
  if (!binary) return { type: 'message', text };
  const bytes = parseHex(text);
  if (bytes === null)
    return { type: 'mistake', problem: 'binary messages are typed in hexadecimal, as in 00 ff 7e' };
  return { type: 'binary', bytes };
}

function parseClose(text: string): PromptLine {
  const match = /^(?:(\d+)(?:\s+(.*))?)?$/s.exec(text.trim());
  if (match === null)
    return { type: 'mistake', problem: 'write /close, /close 4000 or /close 4000 a reason' };
  return { type: 'close', code: Number(match[1] ?? 1000), reason: match[2] ?? '' };
}
