import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ExchangeBroker } from '../../packages/cli/src/hub/exchange/exchange-broker.js';
import type { ExchangeReport } from '../../packages/cli/src/hub/exchange/exchange-message.js';

const mainPath = fileURLToPath(
  new URL('../../packages/cli/dist/hub/exchange/exchange-main.js', import.meta.url),
);

/** The built process of an exchange, and sockets in front of it that can break. */
export class SharedExchange {
  readonly #folder: string;
  readonly #relays = new Map<ExchangeBroker, Relay>();
  #process: ChildProcess | null = null;
  #brokers = 0;

  static async start(): Promise<SharedExchange> {
    const exchange = new SharedExchange(await mkdtemp(join(tmpdir(), 'ieum-exchange-')));
    await exchange.restart();
    return exchange;
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts the process, which remembers nothing; resolves when it listens. */
  async restart(): Promise<void> {
    const child = fork(mainPath, [], { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });
    this.#process = child;
    await report(child, 'ready');
    child.send({ type: 'listen', path: this.path });
    await report(child, 'listening');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** A node by itself, on a socket of its own. */
  async createBroker(node = `node-${++this.#brokers}`): Promise<ExchangeBroker> {
    const relay = await Relay.start(join(this.#folder, node), this.path);
    const broker = new ExchangeBroker({ path: join(this.#folder, node), node });
    this.#relays.set(broker, relay);
    return broker;
  }

  /** Breaks all connections, and whether they can be made again. */
  cut(canComeBack: boolean): void {
    for (const relay of this.#relays.values()) relay.cut(canComeBack);
  }

  /** Lets brokers come back. */
  mend(): void {
    for (const relay of this.#relays.values()) relay.mend();
  }

  /** The socket of one node. */
  relayOf(broker: ExchangeBroker): Relay {
    return this.#relays.get(broker) as Relay;
  }

  async stop(): Promise<void> {
    for (const [broker, relay] of this.#relays) {
      relay.end();
      await broker.close();
    }
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Where the process listens. */
  get path(): string {
    return join(this.#folder, 'exchange');
  }
}

async function report(child: ChildProcess, type: ExchangeReport['type']): Promise<void> {
  const [message] = (await once(child, 'message')) as [ExchangeReport];
  if (message.type !== type) throw new Error(JSON.stringify(message));
}

/** Stands between a broker and the exchange. */
export class Relay {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [client: Socket, upstream: Socket]>();
  #hanging: Socket[] = [];
  #isOpen = true;
  #isStopped = false;

  static async start(path: string, target: string): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(path);
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(target: string) {
    this.#server = createServer((client) => {
      if (!this.#isOpen) {
        client.destroy();
        return;
      }
      const upstream = connect(target);
      const pair = [client, upstream] as const;
      this.#pairs.add(pair);
      for (const [socket, other] of [pair, [upstream, client] as const]) {
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#pairs.delete(pair);
          if (!this.#hanging.includes(other)) other.destroy();
        });
        socket.pipe(other);
      }
      if (this.#isStopped) upstream.unpipe(client);
    });
  }

  cut(canComeBack: boolean): void {
    this.#isOpen = canComeBack;
    for (const [client] of this.#pairs) client.destroy();
  }

  mend(): void {
    this.#isOpen = true;
  }

  /** Whether what the exchange says is passed on. */
  setPassing(isPassing: boolean): void {
    this.#isStopped = !isPassing;
    for (const [client, upstream] of this.#pairs) {
      if (isPassing) upstream.pipe(client);
      else upstream.unpipe(client).pause();
    }
  }

  /** Breaks the broker's connections; those to the exchange stay as they are. */
  leaveHanging(): void {
    for (const [client, upstream] of this.#pairs) {
      this.#hanging.push(upstream);
      upstream.unpipe(client).resume();
      client.unpipe(upstream).destroy();
    }
  }

  endHanging(): void {
    for (const upstream of this.#hanging.splice(0)) upstream.destroy();
  }

  end(): void {
    this.endHanging();
    this.cut(false);
    this.#server.close();
  }
}
