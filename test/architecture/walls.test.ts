import { describe, expect, test } from 'vitest';

import { houseRuleViolations } from './house-rules.js';
import { importsOf, isTest, readSources, readTree, type SourceFile } from './source-file.js';
import { cycles, wallViolations } from './walls.js';

describe('the sources', () => {
  const sources = readSources();

  test('are found', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.map(({ path }) => path)).toContain('packages/ieum/src/core/connection.ts');
  });

  test('import nothing over a wall', () => {
    const paths = new Set(sources.map(({ path }) => path));
    const found = wallViolations([...sources, ...readTree('test/support')]);
    expect(found.filter((line) => paths.has(line.split(' -> ')[0] as string))).toEqual([]);
  });

  test('have no circles of imports', () => {
    expect(cycles(sources.filter(({ path }) => !isTest(path)))).toEqual([]);
  });

  test('keep the house rules', () => {
    const tests = readTree('test');
    expect([...sources, ...tests].flatMap(houseRuleViolations)).toEqual([]);
  });
});

describe('an import is found', () => {
  test.each([
    ["import a from 'x';", 'x', false],
    ["import { a, type B } from 'x';", 'x', false],
    ["import {\n  a,\n  b,\n} from 'x';", 'x', false],
    ["import * as a from 'x';", 'x', false],
    ["import 'x';", 'x', false],
    ["import type { A } from 'x';", 'x', true],
    ["import { type A, type B } from 'x';", 'x', true],
    ["export { a } from 'x';", 'x', false],
    ["export * from 'x';", 'x', false],
    ["export type { A } from 'x';", 'x', true],
    ["const a = await import('x');", 'x', false],
    ["type A = import('x').A;", 'x', false],
    ["const a = require('x');", 'x', false],
    ['const a = await import(name);', 'computed', false],
  ])('in %j', (text, specifier, typeOnly) => {
    expect(importsOf(text)).toEqual([{ specifier, typeOnly }]);
  });

  test.each(["// import a from 'x';", "/* import 'x' */", "/** see import('x') */", 'const from = 1;'])(
    'not in %j',
    (text) => {
      expect(importsOf(text)).toEqual([]);
    },
  );
});

/** Made-up sources beside the import that is over a wall, or null where all is well. */
const offences: readonly [path: string, text: string, offence: string | null][] = [
  [library('core/a.ts'), "import { b } from './b.js';", null],
  [library('core/a.ts'), "import { Buffer } from 'node:buffer';", null],
  [library('core/a.ts'), "import { b } from './missing.js';", './missing.js'],
  [library('core/a.ts'), "import { b } from '../channel/b.js';", '../channel/b.js'],
  [library('core/a.ts'), "import type { B } from '../channel/b.js';", '../channel/b.js'],
  [library('core/a.ts'), "import { b } from '../node/b.js';", '../node/b.js'],
  [library('core/a.ts'), "import { hash } from 'node:crypto';", 'node:crypto'],
  [library('core/a.ts'), "import { connect } from 'node:net';", 'node:net'],
  [library('core/a.ts'), "const net = await import('node:net');", 'node:net'],
  [library('core/a.ts'), 'const net = await import(name);', 'computed'],
  [library('core/a.ts'), "import { Buffer } from 'buffer';", 'buffer'],
  [library('core/a.test.ts'), "import { b } from '../testing/b.js';", null],
  [library('core/a.test.ts'), "import { b } from '../node/b.js';", '../node/b.js'],
  [library('core/handshake/a.ts'), "import { hash } from 'node:crypto';", null],
  [library('core/handshake/a.ts'), "import { request } from 'node:http';", 'node:http'],
  [library('codecs/a.ts'), "import { b } from '../core/b.js';", '../core/b.js'],
  [library('channel/a.ts'), "import type { B } from '../core/b.js';", null],
  [library('channel/a.ts'), "import { b } from '../core/b.js';", '../core/b.js'],
  [library('channel/a.ts'), "import { createServer } from 'node:net';", 'node:net'],
  [library('hub/a.ts'), "import type { B } from '../channel/b.js';", null],
  [library('hub/a.ts'), "import { b } from '../core/b.js';", '../core/b.js'],
  [library('hub/a.ts'), "import { b } from '../brokers/b.js';", '../brokers/b.js'],
  [library('hub/a.ts'), "import { b } from '../dialects/stomp/b.js';", '../dialects/stomp/b.js'],
  [library('node/a.ts'), "import { b } from '../core/b.js'; import 'node:net';", null],
  [library('node/a.ts'), "import { b } from '../hub/b.js';", '../hub/b.js'],
  [library('node/a.ts'), "import { b } from '../dialects/stomp/b.js';", '../dialects/stomp/b.js'],
  [library('node/a.ts'), "import { b } from '../client/b.js';", '../client/b.js'],
  [library('node/a.ts'), "import { b } from '../compat/b.js';", '../compat/b.js'],
  [library('node/a.ts'), "import { b } from '../testing/b.js';", '../testing/b.js'],
  [library('node/a.ts'), "import WebSocket from 'ws';", 'ws'],
  [library('node/a.test.ts'), "import WebSocket from 'ws';", null],
  [library('node/a.test.ts'), "import { b } from '../../../../test/support/b.js';", null],
  [
    library('node/a.ts'),
    "import { b } from '../../../../test/support/b.js';",
    '../../../../test/support/b.js',
  ],
  [library('testing/a.ts'), "import { b } from '../core/b.js'; import 'node:stream';", null],
  [library('testing/a.ts'), "import { b } from '../node/b.js';", '../node/b.js'],
  [library('brokers/a.ts'), "import { createClient } from 'redis';", null],
  [library('brokers/a.ts'), "import { b } from '../node/b.js';", '../node/b.js'],
  [library('dialects/stomp/a.ts'), "import { b } from '../../codecs/b.js';", null],
  [library('dialects/stomp/a.ts'), "import { b } from '../native/b.js';", '../native/b.js'],
  [library('dialects/stomp/a.ts'), "import 'node:http';", 'node:http'],
  [library('dialects/stomp/a.ts'), "import { b } from '../../brokers/b.js';", '../../brokers/b.js'],
  [library('dialects/socketio/a.ts'), "import { b } from '../engineio/b.js';", null],
  [library('dialects/engineio/a.ts'), "import { b } from '../socketio/b.js';", '../socketio/b.js'],
  [library('client/a.ts'), "import { b } from '../codecs/b.js';", null],
  [library('client/a.ts'), "import { b } from '../core/close-code.js';", null],
  [library('client/a.ts'), "import { b } from '../core/b.js';", '../core/b.js'],
  [library('client/a.ts'), "import { Buffer } from 'node:buffer';", 'node:buffer'],
  [library('client/a.ts'), "import { b } from '../hub/b.js';", '../hub/b.js'],
  [library('compat/a.ts'), "import { b } from '../node/b.js';", null],
  [library('compat/a.ts'), "import { b } from '../hub/b.js';", '../hub/b.js'],
  [library('novel/a.ts'), "import { b } from '../core/b.js';", '../core/b.js'],
  ['packages/check/src/a.ts', "import { encodeFrame } from 'ieum/core'; import 'node:net';", null],
  ['packages/check/src/a.ts', "import { connect } from 'ieum';", 'ieum'],
  ['packages/cli/src/a.ts', "import 'ieum'; import 'ieum/testing'; import 'commander';", null],
  ['packages/cli/src/a.ts', "import 'ieum/hub'; import 'ieum/brokers/redis';", null],
  ['packages/cli/src/a.ts', "import 'ieum/internal';", 'ieum/internal'],
  ['packages/cli/src/a.ts', "import { b } from '../../ieum/src/core/b.js';", '../../ieum/src/core/b.js'],
  [library('node/a.ts'), "import { b } from '../../../cli/src/b.js';", '../../../cli/src/b.js'],
  [library('node/a.ts'), "import '@ieum/cli';", '@ieum/cli'],
  ['apps/console/src/a.ts', "import { h } from 'preact';", null],
  ['apps/console/src/a.ts', "import 'ieum/core';", 'ieum/core'],
  ['apps/console/src/a.ts', "import 'node:net';", 'node:net'],
];

test.each(offences)('%s with %j goes over the wall to %s', (path, text, offence) => {
  const found = wallViolations([{ path, text }, ...neighbours]);
  expect(found.map((line) => line.split(' -> ')[1]?.split(': ')[0])).toEqual(
    offence === null ? [] : [offence],
  );
});

test('a circle of imports is found, unless only types close it', () => {
  const files = [
    file(library('core/c.ts'), "import { a, type B } from './a.js';"),
    file(library('core/a.ts'), "import { b } from './b.js';"),
    file(library('core/b.ts'), "export { c } from './c.js';"),
    file(library('core/d.ts'), "import { a } from './a.js';"),
    file(library('core/self.ts'), "import { x } from './self.js';"),
    file(library('core/peer.ts'), "import { Handlers } from './handlers.js';"),
    file(library('core/handlers.ts'), "import type { Peer } from './peer.js';"),
  ];
  expect(cycles(files)).toEqual([
    `${library('core/a.ts')} -> ${library('core/b.ts')} -> ${library('core/c.ts')}`,
    library('core/self.ts'),
  ]);
});

test.each([
  [library('core/a.ts'), 'const at = Date.now();', 1],
  [library('core/a.ts'), '// Date.now() would be wrong here', 0],
  [library('core/a.ts'), "const text = 'Math.random';", 0],
  [library('core/a.ts'), 'const key = Math.random();', 1],
  [library('core/a.ts'), 'setTimeout(() => {}, 1);', 1],
  [library('core/a.ts'), 'const at = performance.now();', 1],
  [library('channel/a.ts'), 'process.nextTick(f);', 1],
  [library('node/a.ts'), 'setTimeout(() => {}, 1);', 0],
  [library('core/handshake/a.ts'), "import { hash } from 'node:crypto';", 0],
  [library('core/handshake/a.ts'), "import { randomBytes } from 'node:crypto';", 1],
  [library('core/handshake/a.ts'), "import { hash, randomBytes } from 'node:crypto';", 1],
  [library('node/a.ts'), 'let count = 0;', 1],
  [library('node/a.ts'), 'export let count = 0;', 1],
  [library('node/a.ts'), 'var count = 0;', 1],
  [library('node/a.ts'), 'function f() {\n  let count = 0;\n}', 0],
  [library('node/a.test.ts'), 'let count = 0;', 0],
  [library('node/a.ts'), '\n'.repeat(401), 1],
  [library('node/a.ts'), '\n'.repeat(400), 0],
  [library('node/a.test.ts'), '\n'.repeat(601), 1],
  [library('node/a.test.ts'), '\n'.repeat(600), 0],
])('%s with %j breaks %d house rules', (path, text, count) => {
  expect(houseRuleViolations({ path, text }).length).toBe(count);
});

describe('a function of more than 60 lines breaks the house rules', () => {
  test.each([
    ['a function', 'export function f(a: number): void {', '}'],
    [
      'one with a head of several lines',
      'async function f(\n  a: number,\n  b: number,\n): Promise<void> {',
      '}',
    ],
    ['one that takes its argument apart', 'function f({\n  a,\n  b,\n}: Props): JSX.Element {', '}'],
    ['one whose type is an object', 'function f(): {\n  a: string;\n} {', '}'],
    ['a generator', 'export function* f() {', '}'],
    ['an arrow function', 'const f = (a: number): void => {', '};'],
    ['one with parameters on lines of their own', 'const f = (\n  a: number,\n): Map<A, B> => {', '};'],
    ['an arrow function around one expression', 'const f = (a: number) => (', ');'],
    ['one whose expression begins below', 'const f = (a: number) =>', ''],
    ['a callback', 'emitter.on(name, async () => {', '});'],
    ['a method', 'class A {\n  static async #f<T>(a: T): Promise<void> {', '  }\n}'],
    ['a constructor', 'class A {\n  constructor(\n    a: number,\n  ) {', '  }\n}'],
    ['a getter', 'class A {\n  get f(): number {', '  }\n}'],
  ])('%s', (_name, head, end) => {
    expect(longFunctionsIn(head, 60, end)).toBe(1);
    expect(longFunctionsIn(head, 40, end)).toBe(0);
  });

  test.each([
    ['a class', 'export class A {', '}'],
    ['an interface', 'interface A {', '}'],
    ['a table', 'const table = {', '};'],
    ['a condition', 'if (\n  a &&\n  b\n) {', '}'],
    ['an alternative', 'if (a) {\n  b();\n} else if (c) {', '}'],
    ['a comment', '// makes (a) => {', '}'],
  ])('%s is none', (_name, head, end) => {
    expect(longFunctionsIn(head, 70, end)).toBe(0);
  });

  test('and 60 are allowed, from the head to the last line', () => {
    expect(longFunctionsIn('function f() {', 58, '}')).toBe(0);
    expect(longFunctionsIn('function f() {', 59, '}')).toBe(1);
  });

  test('and the function around it', () => {
    const inner = `  const inner = () => {\n${'    work();\n'.repeat(60)}  };`;
    expect(longFunctionsIn(`function outer() {\n${inner}`, 1, '}')).toBe(2);
  });

  test('and a hot loop may take 120', () => {
    const head = '/**\n * A hot loop: calls would cost more than the work.\n */\nfunction f() {';
    expect(longFunctionsIn(head, 118, '}')).toBe(0);
    expect(longFunctionsIn(head, 119, '}')).toBe(1);
    expect(longFunctionsIn(`// a hot loop\n\nfunction f() {`, 59, '}')).toBe(1);
  });

  test('only where it ships', () => {
    const text = `function f() {\n${'  work();\n'.repeat(60)}}\n`;
    const paths = [
      'packages/cli/src/a.ts',
      'apps/console/src/a.tsx',
      library('a.test.ts'),
      'test/support/a.ts',
    ];
    expect(paths.map((path) => houseRuleViolations({ path, text }).length)).toEqual([1, 1, 0, 0]);
  });

  function longFunctionsIn(head: string, bodyLines: number, end: string): number {
    const text = `${head}\n${'      work();\n'.repeat(bodyLines)}${end}\n`;
    return houseRuleViolations({ path: library('node/a.ts'), text }).length;
  }
});

const neighbours: readonly SourceFile[] = [
  ...['core', 'channel', 'codecs', 'hub', 'node', 'testing', 'brokers', 'client', 'compat'].map((part) =>
    file(library(`${part}/b.ts`), ''),
  ),
  ...['native', 'stomp', 'engineio', 'socketio'].map((name) => file(library(`dialects/${name}/b.ts`), '')),
  file(library('core/close-code.ts'), ''),
  file('packages/cli/src/b.ts', ''),
  file('test/support/b.ts', ''),
];

function file(path: string, text: string): SourceFile {
  return { path, text };
}

function library(path: string): string {
  return `packages/ieum/src/${path}`;
}
