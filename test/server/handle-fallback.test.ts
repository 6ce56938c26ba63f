import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../support/echo-process.mjs', import.meta.url));
/** The permission model, by the name it has in this version of Node. */
const permission = ['--permission', '--experimental-permission'].find((flag) => isFlag(flag)) as string;
/** What Node says where the permission model is new. */
const permissionWarning = /^.*ExperimentalWarning: Permission.*\n.*--trace-warnings.*\n/;
const echoes = [5, 300_000];

/** Runs the program in a process of its own, and gives what it printed. It has to succeed without a word of warning. */
async function run(flags: readonly string[], where?: string): Promise<unknown> {
  const args = [...flags, program, ...(where === undefined ? [] : [where])];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 });
  expect(stderr.replace(permissionWarning, '')).toBe('');
  return JSON.parse(stdout);
}

/** A flag that runs `code` before everything else. */
function preload(code: string): string[] {
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

/** Has `process.binding` give the real thing with some of it changed. */
const changed = (change: string): string[] =>
  preload(`
    const { binding } = process;
    process.binding = (name) => name === 'stream_wrap' ? { ...binding(name), ${change} } : binding(name);
  `);

/** Takes a method away from all handles. */
const without = (method: string): string[] =>
  preload(`
    for (const kind of [process.binding('tcp_wrap').TCP, process.binding('pipe_wrap').Pipe])
      for (let at = kind.prototype; at !== null; at = Object.getPrototypeOf(at)) delete at.${method};
  `);

test('where everything is there, connections become no sockets', async () => {
  expect(await run([])).toEqual({ echoes, sockets: 0 });
});

test('so it is in a worker thread', async () => {
  expect(await run([], 'thread')).toEqual({ echoes, sockets: 0 });
});

test('processes of a cluster serve', async () => {
  expect(await run([], 'cluster')).toEqual({ echoes: [...echoes, ...echoes] });
});

describe('by public access is served', () => {
  test.each<[string, string[]]>([
    ['process.binding is missing', preload('delete process.binding')],
    ['process.binding is no function', preload('process.binding = {}')],
    ['process.binding throws', preload('process.binding = () => { throw new Error() }')],
    ['process.binding gives nothing', preload('process.binding = () => {}')],
    ['process.binding gives null', preload('process.binding = () => null')],
    ['there is no state of streams', changed('streamBaseState: undefined')],
    ['the state of streams is of other numbers', changed('streamBaseState: new Uint32Array(8)')],
    ['the state of streams is an array', changed('streamBaseState: [0, 0, 0, 0, 0]')],
    ['nothing tells where bytes read are counted', changed('kReadBytesOrError: undefined')],
    ['nothing tells where bytes read begin', changed('kArrayBufferOffset: undefined')],
    ['nothing tells whether a write is done', changed('kLastWriteWasAsync: undefined')],
    ['a place is beyond the state', changed('kLastWriteWasAsync: 1000')],
    ['there are no requests to write', changed('WriteWrap: undefined')],
    ['there are no requests to shut down', changed('ShutdownWrap: undefined')],
    ['handles do not read into a buffer of ours', without('useUserBuffer')],
    ['the permission model forbids it', [permission, '--allow-fs-read=*', ...allowNet()]],
    ['deprecations are fatal', ['--pending-deprecation', '--throw-deprecation']],
  ])('when %s', async (_, flags) => {
    expect(await run(flags)).toEqual({ echoes, sockets: 1 });
  });
});

function allowNet(): string[] {
  return isFlag('--allow-net') ? ['--allow-net'] : [];
}

function isFlag(flag: string): boolean {
  return process.allowedNodeEnvironmentFlags.has(flag);
}
