import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface RedisServerOptions {
  /** Lines of configuration besides ours. */
  readonly config?: readonly string[];
  readonly isSentinel?: boolean;
  /** Must be one below 55536 for a server of a Cluster. Default a free one. */
  readonly port?: number;
}

/** A `redis-server` of its own on a free port, with an append-only file that is written through. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #options: RedisServerOptions;
  #process: ChildProcess | null = null;

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'ieum-redis-'));
    const server = new RedisServer(options.port ?? (await freePort()), folder, options);
    try {
      await server.restart();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private constructor(port: number, folder: string, options: RedisServerOptions) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, with the data that it had; resolves when it answers. */
  async restart(): Promise<void> {
    const { isSentinel = false, config = [] } = this.#options;
    const file = join(this.#folder, 'redis.conf');
    const common = [`port ${this.port}`, 'bind 127.0.0.1', `dir ${this.#folder}`, 'loglevel warning'];
    const storage = ['save ""', 'appendonly yes', 'appendfsync always', 'repl-diskless-sync-delay 0'];
    // A Sentinel keeps what it knows in its file.
    if (!isSentinel || this.#process === null) {
      await writeFile(file, [...common, ...(isSentinel ? [] : storage), ...config, ''].join('\n'));
    }
    const args = isSentinel ? [file, '--sentinel'] : [file];
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    this.#process = child;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.ask('PING').catch(String);
      if (answer.startsWith('+PONG') || answer.startsWith('-NOAUTH')) return;
      if (child.exitCode !== null || attempt > 500)
        throw new Error(`redis-server does not answer: ${answer}`);
      await delay(10);
    }
  }

  /** Starts it without the data that it had. */
  async restartEmpty(): Promise<void> {
    await rm(join(this.#folder, 'appendonlydir'), { recursive: true, force: true });
    await this.restart();
  }

  /** Kills it: what it had not said is not said any more. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Has it stand still, connections and all, until `proceed`. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  proceed(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Sends one command in plain words; resolves with the first lines of what comes back. */
  async ask(command: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    try {
      socket.write(`${command}\r\n`);
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      return chunk.toString();
    } finally {
      socket.destroy();
    }
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    this.proceed();
    await this.#end('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}

/** Three masters that share the slots. */
export async function startCluster(): Promise<readonly RedisServer[]> {
  const start = async () =>
    RedisServer.start({
      port: await freePort(45_000),
      config: ['cluster-enabled yes', 'cluster-node-timeout 1000', 'cluster-require-full-coverage no'],
    });
  const servers = [await start(), await start(), await start()];
  const bounds = [0, 5461, 10923, 16384];
  for (const [i, server] of servers.entries()) {
    await server.ask(`CLUSTER ADDSLOTSRANGE ${bounds[i]} ${(bounds[i + 1] as number) - 1}`);
    await server.ask(`CLUSTER SET-CONFIG-EPOCH ${i + 1}`);
  }
  for (const server of servers.slice(1)) await server.ask(`CLUSTER MEET 127.0.0.1 ${servers[0]?.port}`);
  for (const server of servers) {
    await untilReply(server, 'CLUSTER INFO', /cluster_known_nodes:3/);
    await untilReply(server, 'CLUSTER INFO', /cluster_slots_ok:16384/);
  }
  return servers;
}

/** Asks again and again until the answer is as expected. */
export async function untilReply(server: RedisServer, command: string, expected: RegExp): Promise<void> {
  for (let attempt = 0; attempt < 2_000; attempt++) {
    if (expected.test(await server.ask(command).catch(String))) return;
    await delay(10);
  }
  throw new Error(`${command} never says ${expected}`);
}

/** @param below servers of a Cluster listen on a port 10000 higher, too */
export async function freePort(below = 65_536): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    if (port < below) return port;
  }
}
