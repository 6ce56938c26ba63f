import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built `ieum` command. */
export const commandPath: string = fileURLToPath(new URL('../../packages/cli/bin/ieum.js', import.meta.url));

export interface CommandOptions {
  /** Variables beside those of the tests; undefined takes one away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** All of the standard input; left out, it stays open. */
  readonly input?: string | Uint8Array;
}

/** How a command ended. */
export interface CommandResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that was started, and what it has printed. */
export class RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended and its output is complete. */
  readonly ended: Promise<CommandResult>;
  stdout = '';
  stderr = '';
  readonly #waiting = new Set<() => void>();

  constructor(file: string, args: readonly string[], options: CommandOptions = {}) {
    const env = { ...process.env, NO_PROXY: '*', ...options.environment };
    this.child = spawn(file, args, { env, stdio: 'pipe' });
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream].setEncoding('utf8').on('data', (text: string) => {
        this[stream] += text;
        for (const check of this.#waiting) check();
      });
    }
    this.child.stdin.on('error', () => {});
    if (options.input !== undefined) this.child.stdin.end(options.input);
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (status, signal) => {
        for (const check of this.#waiting) check();
        resolve({ status, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Resolves as soon as `condition` holds for what was printed; rejects when the command ends before. */
  until(condition: (printed: { stdout: string; stderr: string }) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (condition(this)) resolve();
        else if (this.child.exitCode !== null && this.child.stdout.readableEnded) {
          reject(
            new Error(`The command ended before, with ${this.child.exitCode}:\n${this.stdout}${this.stderr}`),
          );
        } else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Ends it without ceremony. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Starts `ieum` with arguments. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  return new RunningCommand(process.execPath, [commandPath, ...args], options);
}

/** Runs `ieum` to its end, with an empty input unless one is given. */
export function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return startCommand(args, { input: '', ...options }).ended;
}
