import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface NatsServerOptions {
  /** Default true. */
  readonly jetstream?: boolean;
  /** Lines of configuration. */
  readonly config?: string;
  /** The server as one of a cluster. */
  readonly cluster?: { readonly name: string; readonly port: number; readonly routes: readonly number[] };
}

/** A nats-server on a free port of loopback, its data in a folder that is removed at the end. */
export class NatsServer {
  readonly port: number;
  readonly #folder: string;
  readonly #options: NatsServerOptions;
  #process: ChildProcess | null = null;
  #log = '';

  /** Starts one and waits until it takes connections. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const server = await NatsServer.prepare(options);
    await server.restart();
    return server;
  }

  static async prepare(options: NatsServerOptions = {}): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'ieum-nats-'));
    return new NatsServer(folder, await freePort(), options);
  }

  private constructor(folder: string, port: number, options: NatsServerOptions) {
    this.#folder = folder;
    this.port = port;
    this.#options = options;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** What it wrote. */
  get log(): string {
    return this.#log;
  }

  /** Ends it at once, as a loss of power to its process. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  /** Starts it again on the same port, with its data. */
  async restart(): Promise<void> {
    await this.kill();
    const file = join(this.#folder, 'server.conf');
    await writeFile(file, this.#config());
    const server = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = server;
    server.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    await once(server, 'spawn');
    while (!(await answers(this.port))) {
      if (server.exitCode !== null) throw new Error(`nats-server ended: ${this.#log}`);
      await delay(20);
    }
  }

  /** The same, all its data lost. */
  async restartEmpty(): Promise<void> {
    await this.kill();
    await rm(this.#data, { recursive: true, force: true });
    await this.restart();
  }

  /** Keeps a copy of the data of a server that does not run, for `restoreData`. */
  async keepData(): Promise<void> {
    await cp(this.#data, `${this.#data}.kept`, { recursive: true });
  }

  /** Puts the copy in the place of what a server that does not run has, as a restored disk. */
  async restoreData(): Promise<void> {
    await rm(this.#data, { recursive: true, force: true });
    await cp(`${this.#data}.kept`, this.#data, { recursive: true });
  }

  /** Stops its process where it is, or lets it go on. */
  async freeze(isFrozen: boolean): Promise<void> {
    const running = this.#process;
    if (running === null) throw new Error('the server does not run');
    running.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
    const isStill = async () => / T /.test(await readFile(`/proc/${running.pid}/stat`, 'utf8'));
    while ((await isStill()) !== isFrozen) await delay(5);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  #config(): string {
    const { jetstream = true, config = '', cluster } = this.#options;
    const lines = [`server_name: n${this.port}`, `listen: "127.0.0.1:${this.port}"`];
    if (jetstream) lines.push(`jetstream { store_dir: "${this.#data}" }`);
    if (cluster !== undefined) {
      const routes = cluster.routes.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
      lines.push(
        `cluster { name: ${cluster.name}, listen: "127.0.0.1:${cluster.port}", routes: [${routes}] }`,
      );
    }
    return `${lines.join('\n')}\n${config}\n`;
  }
}

/** Starts servers that are one cluster. */
export async function startNatsCluster(count: number): Promise<NatsServer[]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  return Promise.all(
    ports.map((port) => NatsServer.start({ cluster: { name: 'ieum', port, routes: ports } })),
  );
}

/** Stands between one client and a server, so that its connections can be broken, and messages lost. */
export class NatsGate {
  readonly port: number;
  /** What the server sends on this subject does not arrive. Of small messages only, that come in one piece. */
  lostSubject: string | null = null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async open(target: number): Promise<NatsGate> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new NatsGate(server, target);
  }

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.port = portOf(server);
    server.on('connection', (socket) => {
      const upstream = dial(target, '127.0.0.1');
      this.#pipe(socket, upstream, (chunk) => chunk);
      this.#pipe(upstream, socket, (chunk) => this.#lose(chunk));
    });
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Breaks the connections that there are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks them, and lets nobody in any more. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #pipe(from: Socket, to: Socket, pass: (chunk: Buffer) => Buffer): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => to.write(pass(chunk)));
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }

  /** Gives the message to a subscription that the client does not have. */
  #lose(chunk: Buffer): Buffer {
    if (this.lostSubject === null) return chunk;
    const [before, ...rest] = chunk.toString('latin1').split(`HMSG ${this.lostSubject} `);
    const lost = rest.map(
      (text) => `HMSG ${this.lostSubject} ${text.replace(/^\d+/, (sid) => '9'.repeat(sid.length))}`,
    );
    return Buffer.from([before, ...lost].join(''), 'latin1');
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Whether the server greets, and its JetStream is there if it has one. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    socket.on('data', (chunk) => {
      resolve(chunk.toString().startsWith('INFO'));
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}
