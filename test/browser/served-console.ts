import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A running `ieum serve`, as `npm run build` made it. */
export interface ServedConsole {
  /** The address that it printed. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Runs `ieum serve` on a free port and waits for its ready line. */
export async function serveConsole(): Promise<ServedConsole> {
  const main = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'serve', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([
    once(lines, 'line'),
    exited.then(([code]) => Promise.reject(new Error(`ieum serve ended with ${code}: ${complaints}`))),
  ])) as [string];
  const url = /^listening on (http:\/\/\S+)$/.exec(line)?.[1];
  if (url === undefined) throw new Error(`this is no ready line: ${line}`);
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
