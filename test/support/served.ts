import { type CommandOptions, type RunningCommand, startCommand } from './command.js';

/** `ieum serve`, ready. */
export interface Served {
  readonly command: RunningCommand;
  /** `http://127.0.0.1:port` or `https://…`. */
  readonly url: string;
  /** The same with `ws` or `wss`. */
  readonly wsUrl: string;
  readonly port: number;
}

/** Starts `ieum serve` on a free port and waits until it is ready. */
export async function startServe(
  args: readonly string[] = [],
  options: CommandOptions = {},
): Promise<Served> {
  const command = startCommand(['serve', '--port', '0', ...args], options);
  await command.until(({ stdout }) => stdout.includes('\n'));
  const url = command.stdout.trim().replace('listening on ', '');
  return { command, url, wsUrl: url.replace('http', 'ws'), port: Number(new URL(url).port) };
}
