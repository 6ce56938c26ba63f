import { isBuiltin } from 'node:module';

import { importsOf, isTest, resolveImport, type SourceFile } from './source-file.js';

/** What the files of one part may import besides that part itself. */
interface Wall {
  /** Where the part's files are. The longest folder that fits a file is its part. */
  readonly folder: string;
  /** Other parts' files. */
  readonly parts?: readonly string[];
  /** Other parts' files, as types only. */
  readonly types?: readonly string[];
  /** Built-in modules; `all` of them. Default none. */
  readonly builtins?: readonly string[] | 'all';
  /** npm packages, the public entries of this repository included; `all` but those. Default none. */
  readonly packages?: readonly RegExp[] | 'all';
}

/** What dialects need of the core: values, codes, checks of values. */
const dialectCore = [
  ...[
    'close-code.ts',
    'close-record.ts',
    'close.ts',
    'errors.ts',
    'message.ts',
    'option-check.ts',
    'outgoing.ts',
  ],
  'handshake/origin.ts',
];

/** The table of ARCHITECTURE.md, with the parts of the design that are still to come. */
export const walls: readonly Wall[] = [
  { folder: library('core'), builtins: ['node:buffer'], parts: [library('core/handshake')] },
  { folder: library('core/handshake'), builtins: ['node:buffer', 'node:crypto'], parts: [library('core')] },
  { folder: library('codecs'), builtins: ['node:buffer'] },
  { folder: library('channel'), types: [library('core')] },
  { folder: library('platform'), types: [library('channel')] },
  {
    folder: library('hub'),
    parts: [
      ...['channel', 'platform'].map(library),
      ...['close-code.ts', 'errors.ts', 'option-check.ts'].map((file) => library(`core/${file}`)),
    ],
    types: [library('core/message.ts'), library('core/outgoing.ts'), library('core/close-record.ts')],
  },
  {
    folder: library('node'),
    parts: ['core', 'core/handshake', 'channel', 'platform'].map(library),
    builtins: 'all',
  },
  { folder: library('testing'), parts: [library('core'), library('channel')], builtins: 'all' },
  {
    folder: library('brokers'),
    parts: ['hub', 'channel', 'platform'].map(library),
    builtins: ['node:buffer'],
    packages: [/^redis$/, /^@redis\//, /^@nats-io\//],
  },
  ...['native', 'stomp', 'sockjs', 'engineio', 'socketio'].map((name) => ({
    folder: library(`dialects/${name}`),
    parts: [
      ...['codecs', 'hub', 'channel', 'platform'].map(library),
      ...dialectCore.map((file) => library(`core/${file}`)),
      ...(name === 'socketio' ? [library('dialects/engineio')] : []),
    ],
    builtins: ['node:buffer'],
  })),
  { folder: library('client'), parts: ['codecs', 'channel', 'core/close-code.ts'].map(library) },
  {
    folder: library('compat'),
    parts: ['node', 'core', 'core/handshake', 'channel'].map(library),
    builtins: 'all',
  },
  {
    folder: library('index.ts'),
    parts: ['node', 'core', 'core/handshake', 'channel'].map(library),
  },
  { folder: 'packages/check/src', builtins: 'all', packages: [/^ieum\/core$/] },
  {
    folder: 'packages/cli/src',
    builtins: 'all',
    packages: [
      /^ieum$/,
      /^ieum\/(core|testing|hub|brokers\/redis|brokers\/nats|dialects\/(native|stomp|sockjs|socketio))$/,
      /^@ieum\/check$/,
      /^(?!ieum(\/|$)|@ieum\/)/,
    ],
  },
  { folder: 'packages/ws/src', packages: [/^ieum\/ws$/] },
  { folder: 'apps/console/src', packages: [/^(?!ieum(\/|$)|@ieum\/)/] },
];

/** Every import that goes over a wall, as `file -> what it imports: why not`. Tests may also use `testing` and `support`. */
export function wallViolations(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  return files.flatMap((file) =>
    importsOf(file.text).flatMap(({ specifier, typeOnly }) => {
      const reason = specifier.startsWith('.')
        ? judgeFile(file.path, resolveImport(file.path, specifier, paths), typeOnly)
        : judgeModule(file.path, specifier);
      return reason === null || /\.(css|svg)$/.test(specifier)
        ? []
        : [`${file.path} -> ${specifier}: ${reason}`];
    }),
  );
}

/**
 * Circles of imports between files, each once, beginning with its first file in the alphabet. Types that name each other
 * are none: nothing of them is left at run time.
 */
export function cycles(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const graph = new Map(
    files.map((file): [string, string[]] => [
      file.path,
      importsOf(file.text)
        .filter(({ typeOnly }) => !typeOnly)
        .flatMap(({ specifier }) => resolveRelative(file.path, specifier, paths)),
    ]),
  );
  const found = new Set<string>();
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start !== -1) found.add(canonicalCircle(trail.slice(start)));
    if (start !== -1 || finished.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return [...found].sort();
}

function judgeFile(from: string, to: string | null, typeOnly: boolean): string | null {
  if (to === null) return 'there is no such file';
  const [wall, target] = [wallOf(from), wallOf(to)];
  if (wall === undefined) return 'no wall is known for this folder';
  if (target === wall) return null;
  if (isTest(from) && (to.startsWith('test/support/') || target?.folder === library('testing'))) return null;
  const allowed = [...(wall.parts ?? []), ...(typeOnly ? (wall.types ?? []) : [])];
  return allowed.some((part) => part === to || part === target?.folder) ? null : 'over a wall';
}

function judgeModule(from: string, specifier: string): string | null {
  if (isTest(from)) return null;
  const wall = wallOf(from);
  if (wall === undefined) return 'no wall is known for this folder';
  if (isBuiltin(specifier)) {
    const { builtins = [] } = wall;
    if (!specifier.startsWith('node:')) return 'a built-in without node:';
    return builtins === 'all' || builtins.includes(specifier) ? null : 'a built-in that is not allowed here';
  }
  const { packages = [] } = wall;
  const isAllowed = packages === 'all' || packages.some((pattern) => pattern.test(specifier));
  return isAllowed ? null : 'a package that is not allowed here';
}

function wallOf(path: string): Wall | undefined {
  const fitting = walls.filter(({ folder }) => path === folder || path.startsWith(`${folder}/`));
  return fitting.sort((a, b) => b.folder.length - a.folder.length)[0];
}

function resolveRelative(from: string, specifier: string, paths: ReadonlySet<string>): string[] {
  const target = specifier.startsWith('.') ? resolveImport(from, specifier, paths) : null;
  return target === null ? [] : [target];
}

function canonicalCircle(circle: readonly string[]): string {
  const first = circle.indexOf([...circle].sort()[0] as string);
  return [...circle.slice(first), ...circle.slice(0, first)].join(' -> ');
}

function library(folder: string): string {
  return `packages/ieum/src/${folder}`;
}
