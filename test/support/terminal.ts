import { commandPath, RunningCommand } from './command.js';
import { Screen } from './screen.js';

/** The `ieum` command in a pseudo-terminal of 60 columns. */
export class Terminal {
  readonly command: RunningCommand;

  /** Starts it, by means of script(1), which gives it a terminal. */
  constructor(args: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
    const line = [process.execPath, commandPath, ...args].map(quote).join(' ');
    const script = ['-qec', `stty cols ${columns} rows 40; exec ${line}`, '/dev/null'];
    this.command = new RunningCommand('script', script, {
      environment: { TERM: 'xterm', SHELL: '/bin/sh', NO_COLOR: undefined, ...environment },
    });
  }

  /** What is on the screen now. */
  get lines(): string[] {
    const screen = new Screen(columns);
    screen.write(this.command.stdout);
    return screen.lines;
  }

  type(keys: string): void {
    this.command.child.stdin.write(keys);
  }

  /** Resolves when a line of the screen matches. */
  shows(pattern: RegExp): Promise<void> {
    return this.command.until(() => this.lines.some((line) => pattern.test(line)));
  }
}

/** Keys as terminals send them. */
export const keys = {
  enter: '\r',
  up: '\u001b[A',
  left: '\u001b[D',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  ctrlU: '\u0015',
};

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

const columns = 60;
