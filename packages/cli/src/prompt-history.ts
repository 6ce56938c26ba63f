import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** What was typed at the prompt, for this user, from one time to the next. A file that cannot be used is not used. */
export interface PromptHistory {
  /** The newest first. */
  readonly lines: readonly string[];
  /** Keeps a line, unless it begins with a space. */
  add(line: string): void;
}

/** The history in the user's folder for state (XDG Base Directory). */
export function openPromptHistory(environment: NodeJS.ProcessEnv): PromptHistory {
  const { XDG_STATE_HOME: stateHome = '' } = environment;
  const folder = isAbsolute(stateHome) ? stateHome : join(homedir(), '.local', 'state');
  const path = join(folder, 'ieum', 'connect-history');
  const lines = readLines(path);
  if (lines.length > maxLines)
    attempt(() => writeFileSync(path, joinLines(lines.slice(-maxLines)), ownerOnly));
  return {
    lines: lines.slice(-maxLines).reverse(),
    add(line) {
      if (line.startsWith(' ') || line.length > maxLineLength) return;
      attempt(() => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        appendFileSync(path, joinLines([line]), ownerOnly);
      });
    },
  };
}

/** A history that forgets. */
export const noHistory: PromptHistory = { lines: [], add() {} };

/** The most lines that are kept. */
export const maxLines = 500;

/** The oldest first. */
function readLines(path: string): string[] {
  let lines: string[] = [];
  attempt(() => {
    lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  });
  return lines;
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** A history is a convenience: the session goes on without it. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    return;
  }
}

const ownerOnly = { mode: 0o600 } as const;
const maxLineLength = 4096;
