import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';

import { type ObservedServer, startObservedServer } from '../support/observed-server.js';
import { keys, Terminal } from '../support/terminal.js';

let server: ObservedServer;
let remote: WebSocket;
let stateHome: string;
let terminals: Terminal[] = [];

beforeEach(async () => {
  stateHome = await mkdtemp(join(tmpdir(), 'ieum-terminal-'));
  server = await startObservedServer({
    connected: (socket) => {
      remote = socket;
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    },
  });
});

afterEach(async () => {
  await Promise.all(terminals.map(({ command }) => command.kill()));
  terminals = [];
  await server.close();
  await rm(stateHome, { recursive: true });
});

/** `ieum connect` at its prompt. */
async function open(...args: string[]): Promise<Terminal> {
  const terminal = new Terminal(['connect', server.url, ...args], { XDG_STATE_HOME: stateHome });
  terminals.push(terminal);
  await terminal.shows(/^>/);
  return terminal;
}

describe('ieum connect in a terminal', () => {
  test('a line is sent, and the answer is printed with its time and size', async () => {
    const terminal = await open();
    terminal.type(`hello${keys.enter}`);
    await terminal.shows(/^← \d\d:\d\d:\d\d\.\d{3} text 5 B {2}hello$/);
    expect(terminal.lines[0]).toBe(`connected to ${server.url}`);
    expect(terminal.lines).toContain('> hello');
  });

  test.each([
    ['a short line', 'half a li'],
    ['a line of two rows', 'x'.repeat(70)],
  ])('what is being typed survives messages: %s', async (_name, typed) => {
    const terminal = await open();
    terminal.type(typed);
    await terminal.command.until(() => terminal.lines.join('').endsWith(`> ${typed}`));
    const before = terminal.lines.length;
    remote.send('first');
    remote.send('second');
    const expected = new RegExp(`first← [^←]* second> ${typed}$`);
    await terminal.command.until(() => expected.test(terminal.lines.join('')));
    expect(terminal.lines).toHaveLength(before + 2);

    terminal.type(`!${keys.enter}`);
    await terminal.command.until(() => terminal.lines.join('').split(`${typed}!`).length === 3);
  });

  test('the cursor stays where it was, inside the line', async () => {
    const terminal = await open();
    terminal.type('abd');
    await terminal.shows(/^> abd$/);
    terminal.type(keys.left);
    remote.send('meanwhile');
    await terminal.shows(/meanwhile$/);
    terminal.type('c');
    await terminal.shows(/^> abcd$/);
  });

  test('binary messages are dumped, /binary sends them', async () => {
    const terminal = await open();
    terminal.type(`/binary 00 ff 41${keys.enter}`);
    await terminal.shows(/^← \S+ binary 3 B$/);
    await terminal.command.until(() => terminal.lines.join('').includes('|..A|'));
  });

  test('a hostile message cannot drive the terminal, nor pass for one of our lines', async () => {
    const terminal = await open();
    const printed = terminal.command.stdout.length;
    remote.send('\u001b[2J\u001b]0;mine\u0007\u009b31m\rx\nclosed by us: 1000');
    await terminal.shows(/closed by us/);
    const output = terminal.command.stdout.slice(printed);
    expect(terminal.lines.find((line) => line.includes('closed by us'))).toMatch(/^ {2}│ /);
    for (const hostile of ['\u001b[2J', '\u001b]', '\u0007', '\u009b']) expect(output).not.toContain(hostile);
    expect(terminal.lines.join('')).toContain('\\x1b[2J');
  });

  test('/ping shows the round trip, and pings of the server are shown', async () => {
    const terminal = await open();
    terminal.type(`/ping${keys.enter}/ping again${keys.enter}`);
    await terminal.shows(/pong "1", round trip \d+\.\d ms$/);
    await terminal.shows(/pong "again", round trip \d+\.\d ms$/);
    remote.ping('theirs');
    await terminal.shows(/ping "theirs", answered$/);
    remote.pong('unasked');
    await terminal.shows(/pong "unasked", nobody asked for it$/);
  });

  test('/close closes with a code and a reason, which give the exit status', async () => {
    const terminal = await open();
    terminal.type(`/close 4000 good bye${keys.enter}`);
    const { status } = await terminal.command.ended;
    expect(status).toBe(6);
    expect(await server.closed).toEqual([4000, 'good bye']);
    expect(terminal.lines.at(-1)).toBe('closed by us: 4000 private use, "good bye"');
  });

  test.each([
    ['Ctrl-C', keys.ctrlC],
    ['Ctrl-D', keys.ctrlD],
    ['/close', `/close${keys.enter}`],
  ])('%s closes with 1000 and exits with 0', async (_name, typed) => {
    const terminal = await open();
    terminal.type(typed);
    expect((await terminal.command.ended).status).toBe(0);
    expect(await server.closed).toEqual([1000, '']);
  });

  test('when the server closes, the prompt goes away', async () => {
    const terminal = await open();
    terminal.type('half a li');
    await terminal.shows(/^> half a li$/);
    remote.close(1012, 'see you');
    expect((await terminal.command.ended).status).toBe(5);
    expect(terminal.lines.at(-1)).toBe('the server closed first: 1012 service restart, "see you"');
    expect(terminal.lines.join('\n')).not.toContain('half a li');
  });

  test('mistakes are explained and the connection stays', async () => {
    const terminal = await open();
    terminal.type(`/nope${keys.enter}/binary xyz${keys.enter}/close 1006${keys.enter}/help${keys.enter}`);
    await terminal.shows(/no command \/nope/);
    await terminal.shows(/hexadecimal/);
    await terminal.shows(/cannot carry the code 1006/);
    await terminal.shows(/^\/ping \[payload\]/);
    terminal.type(`/ping ${'x'.repeat(126)}${keys.enter}`);
    await terminal.shows(/125/);
    terminal.type(`//slash${keys.enter}`);
    await terminal.shows(/text 6 B {2}\/slash$/);
  });

  test('the history is there the next time', async () => {
    const first = await open();
    first.type(`remember me${keys.enter}`);
    await first.shows(/ {2}remember me$/);
    first.type(keys.ctrlC);
    await first.command.ended;
    const second = await open();
    second.type(keys.up);
    await second.shows(/^> remember me$/);
  });

  test('--no-history neither keeps nor shows it', async () => {
    const terminal = await open('--no-history');
    terminal.type(`forget me${keys.enter}`);
    await terminal.shows(/ {2}forget me$/);
    terminal.type(keys.ctrlC);
    await terminal.command.ended;
    await expect(readFile(join(stateHome, 'ieum', 'connect-history'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  test('NO_COLOR shows no colours', async () => {
    const colored = await open();
    const plain = new Terminal(['connect', server.url], { XDG_STATE_HOME: stateHome, NO_COLOR: '1' });
    terminals.push(plain);
    await plain.shows(/^>/);
    expect(colored.command.stdout).toContain('\u001b[32m');
    expect(plain.command.stdout).not.toContain('\u001b[32m');
  });
});
