import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One source file: its path from the repository's root, with slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly specifier: string;
  /** Whether it is erased: only names of types. */
  readonly typeOnly: boolean;
}

/** The TypeScript sources below `packages/<name>/src` and `apps/<name>/src`. */
export function readSources(): SourceFile[] {
  return ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).flatMap((name) => readTree(join(folder, name, 'src'))),
  );
}

/** The TypeScript sources below a folder, if it exists. */
export function readTree(folder: string): SourceFile[] {
  const at = join(root, folder);
  if (statSync(at, { throwIfNoEntry: false }) === undefined) return [];
  const names = readdirSync(at, { recursive: true, encoding: 'utf8' }).sort();
  return names
    .filter((name) => /\.(ts|tsx|mts)$/.test(name))
    .map((name) => join(at, name))
    .map((path) => ({ path: relative(root, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

/** Everything a source imports or exports from elsewhere: static, dynamic, as a type, by `require`. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const [, clause = '', specifier = ''] of code.matchAll(fromClause)) {
    found.push({ specifier, typeOnly: isTypeOnly(clause) });
  }
  for (const [, specifier = ''] of code.matchAll(bareImport)) found.push({ specifier, typeOnly: false });
  for (const [, argument = ''] of code.matchAll(callImport)) {
    found.push({ specifier: /^(['"`])(.*)\1$/.exec(argument.trim())?.[2] ?? 'computed', typeOnly: false });
  }
  return found;
}

/** The path that a relative import means, among `paths`; null when there is no such file. */
export function resolveImport(from: string, specifier: string, paths: ReadonlySet<string>): string | null {
  const target = posix.join(posix.dirname(from), specifier);
  const stem = target.replace(/\.jsx?$/, '');
  const candidates = [target, `${stem}.ts`, `${stem}.tsx`, `${stem}/index.ts`];
  return candidates.find((candidate) => paths.has(candidate)) ?? null;
}

/** The code alone: comments gone, what stands in strings emptied. */
export function withoutStrings(text: string): string {
  return text.replaceAll(commentOrString, (token) => (token.startsWith('/') ? ' ' : "''"));
}

export const root: string = join(dirname(fileURLToPath(import.meta.url)), '../..');

function withoutComments(text: string): string {
  return text.replaceAll(commentOrString, (token) => (token.startsWith('/') ? ' ' : token));
}

function isTypeOnly(clause: string): boolean {
  if (/^type[\s{*]/.test(clause)) return true;
  const names = /^\{([^}]*)\}$/.exec(clause.trim())?.[1]?.split(',') ?? [''];
  const given = names.map((name) => name.trim()).filter((name) => name !== '');
  return given.length > 0 && given.every((name) => name.startsWith('type '));
}

const commentOrString =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
const fromClause = /\b(?:import|export)\s+([^'"`;()]*?)\s*\bfrom\s*['"]([^'"]+)['"]/g;
const bareImport = /\bimport\s*['"]([^'"]+)['"]/g;
const callImport = /\b(?:import|require)\s*\(([^)]*)\)/g;
