import net, { type AddressInfo } from 'node:net';
import { Server, type ServerOptions, type SocketIoHub, socketIoTopics } from 'ieum/dialects/socketio';
import { type Broker, createHub, type Hub, MemoryBroker, MemoryExchange } from 'ieum/hub';
import { seededRandom } from 'ieum/testing';
import { onTestFinished } from 'vitest';

import { DistantBroker } from '../../hub/distant-broker.js';
import { serve } from '../../support/serve.js';

/** One of several servers that are one. */
export interface CrewNode {
  readonly io: Server;
  readonly port: number;
  readonly errors: readonly unknown[];
  /** Ends it as a crash does: nothing of it is heard any more, and it hears nothing. */
  die(): void;
}

export interface CrewParts {
  readonly topics?: ReturnType<typeof socketIoTopics>;
  /** Default: one in memory that all have. */
  readonly createBroker?: () => Broker;
}

/** Servers on one broker, and a door through which clients come to one of them. */
export class NodeCrew {
  readonly exchange: MemoryExchange = new MemoryExchange({
    now: () => Date.now(),
    createEpoch: () => crypto.randomUUID(),
  });
  readonly nodes: CrewNode[] = [];
  readonly hubs: Hub[] = [];
  readonly #connections = new Set<net.Socket>();
  #target = 0;
  port = 0;

  static async start(
    count: number,
    options: ServerOptions = {},
    { topics = socketIoTopics(), createBroker }: CrewParts = {},
  ): Promise<NodeCrew> {
    const crew = new NodeCrew();
    for (let i = 0; i < count; i++) {
      await crew.#add(options, topics, createBroker?.() ?? crew.#createBroker(i));
    }
    await crew.#open();
    crew.lead(0);
    const peers = () => crew.nodes.map(({ io }) => io.peers.size);
    while (peers().some((size) => size !== count - 1)) await new Promise((resolve) => setImmediate(resolve));
    return crew;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on who comes is led to this node. */
  lead(node: number): void {
    this.#target = this.nodes[node]?.port ?? 0;
  }

  /** Breaks all connections that went through the door. */
  cut(): void {
    for (const connection of this.#connections) connection.resetAndDestroy();
  }

  /** As far away as one that is another process. */
  #createBroker(seed: number): Broker {
    const random = seededRandom(seed);
    return new DistantBroker(new MemoryBroker({ exchange: this.exchange }), () => random.below(4));
  }

  async #add(
    options: ServerOptions,
    topics: ReturnType<typeof socketIoTopics>,
    broker: Broker,
  ): Promise<void> {
    const hub = createHub<unknown>({ broker, topics });
    await hub.open();
    onTestFinished(() => hub.close());
    const errors: unknown[] = [];
    const life = { isOver: false };
    const io = new Server({ hub: mortal(hub, life), reportError: (error) => errors.push(error), ...options });
    onTestFinished(() => io.close());
    await io.ready;
    const { port } = await serve<unknown>({ ...io.endpoints });
    const die = () => {
      life.isOver = true;
    };
    this.nodes.push({ io, port, errors, die });
    this.hubs.push(hub);
  }

  async #open(): Promise<void> {
    const door = net.createServer((client) => {
      const server = net.connect(this.#target, '127.0.0.1');
      for (const socket of [client, server]) {
        this.#connections.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#connections.delete(socket);
          client.destroy();
          server.destroy();
        });
      }
      client.pipe(server).pipe(client);
    });
    await new Promise<void>((resolve) => {
      door.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => {
      this.cut();
      door.close();
    });
    this.port = (door.address() as AddressInfo).port;
  }
}

/** A hub of a process that may die: then nobody hears it, and it hears nobody. */
function mortal(hub: Hub, life: { readonly isOver: boolean }): SocketIoHub {
  const never = new Promise<never>(() => {});
  return {
    openSession: (identity, subscriber) =>
      hub.openSession(identity as never, {
        ...subscriber,
        handlePublication: (...args) => (life.isOver ? 'closed' : subscriber.handlePublication(...args)),
      }) as never,
    publish: (topic, data) => (life.isOver ? never : hub.publish(topic, data)),
    history: (topic, options) => (life.isOver ? never : hub.history(topic, options)),
  };
}
