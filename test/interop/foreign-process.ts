import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { ForeignClient, ForeignClose, ForeignConnection, ForeignServer } from './foreign.js';
import { Mailbox } from './mailbox.js';

/** Words of one line, from the process; all but the first word are base64, or numbers. */
type Report = readonly string[];

/**
 * Starts a client in a process of its own. It reads commands from its standard input, a line each: `connect URL
 * subprotocols`, `text payload`, `binary payload`, `fragments part part …`, `ping`, `close code reason`; and reports on
 * its standard output: `open subprotocol`, `failed why`, `text payload`, `binary payload`, `pong`, `closed code reason`.
 */
export function startForeignClient(command: string, args: readonly string[]): ForeignClient {
  const program = new ForeignProcess(command, args);
  return {
    connect: (url, subprotocols = []) => ProcessConnection.open(program, url, subprotocols),
    stop: () => program.stop(),
  };
}

/** Starts a server in a process of its own: it reports `listening port`, and `closed code reason` for each connection. */
export async function startForeignServer(command: string, args: readonly string[]): Promise<ForeignServer> {
  const program = new ForeignProcess(command, args);
  const closes = new Mailbox<ForeignClose>();
  const port = new Promise<string>((resolve) => {
    program.onReport = ([word, first = '', second = '']) => {
      if (word === 'listening') resolve(first);
      if (word === 'closed') closes.put({ code: Number(first), reason: decode(second).toString() });
    };
  });
  return {
    url: `ws://127.0.0.1:${await Promise.race([port, program.failure])}`,
    nextClose: () => closes.next(),
    stop: () => program.stop(),
  };
}

class ProcessConnection implements ForeignConnection {
  subprotocol = '';
  readonly #program: ForeignProcess;
  readonly #messages = new Mailbox<string | Uint8Array>();
  readonly #pongs = new Mailbox<void>();
  readonly #closes = new Mailbox<ForeignClose>();

  static async open(
    program: ForeignProcess,
    url: string,
    subprotocols: readonly string[],
  ): Promise<ProcessConnection> {
    const connection = new ProcessConnection(program);
    const opened = new Promise<string>((resolve, reject) => {
      program.onReport = ([word, ...rest]) => {
        if (word === 'open') resolve(decode(rest[0]).toString());
        else if (word === 'failed') reject(new Error(decode(rest[0]).toString()));
        else connection.#receive([word ?? '', ...rest]);
      };
    });
    program.command('connect', url, encode(subprotocols.join(',')));
    connection.subprotocol = await Promise.race([opened, program.failure]);
    return connection;
  }

  constructor(program: ForeignProcess) {
    this.#program = program;
  }

  send(data: string | Uint8Array): void {
    this.#program.command(typeof data === 'string' ? 'text' : 'binary', encode(data));
  }

  sendFragments(parts: readonly string[]): void {
    this.#program.command('fragments', ...parts.map(encode));
  }

  ping(): Promise<void> {
    this.#program.command('ping');
    return Promise.race([this.#pongs.next(), this.#program.failure]);
  }

  close(code: number, reason: string): void {
    this.#program.command('close', `${code}`, encode(reason));
  }

  nextMessage(): Promise<string | Uint8Array> {
    return Promise.race([this.#messages.next(), this.#program.failure]);
  }

  nextClose(): Promise<ForeignClose> {
    return Promise.race([this.#closes.next(), this.#program.failure]);
  }

  #receive([word, first = '', second = '']: Report): void {
    if (word === 'text') this.#messages.put(decode(first).toString());
    if (word === 'binary') this.#messages.put(decode(first));
    if (word === 'pong') this.#pongs.put();
    if (word === 'closed') this.#closes.put({ code: Number(first), reason: decode(second).toString() });
  }
}

class ForeignProcess {
  /** Rejects when the process ends by itself. */
  readonly failure: Promise<never>;
  onReport: (report: Report) => void = () => {};
  readonly #child: ChildProcessWithoutNullStreams;
  #complaints = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#complaints += chunk.toString();
    });
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.onReport(line.split(' ')));
    this.failure = new Promise<never>((_resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('exit', (code) =>
        reject(new Error(`${command} ended with ${code}: ${this.#complaints}`)),
      );
    });
    this.failure.catch(() => {});
  }

  command(...words: readonly string[]): void {
    this.#child.stdin.write(`${words.join(' ')}\n`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

function encode(data: string | Uint8Array): string {
  return Buffer.from(data as string).toString('base64');
}

function decode(text = ''): Buffer {
  return Buffer.from(text, 'base64');
}
