import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { createRedisBroker } from '../../packages/ieum/src/brokers/redis/index.js';
import type { Broker } from '../../packages/ieum/src/hub/broker.js';
import { RedisServer } from '../support/redis-server.js';
import { type BrokerHarness, brokerContract } from './broker-contract.js';

brokerContract('Redis', startHarness);

async function startHarness(): Promise<BrokerHarness> {
  const server = await RedisServer.start();
  const relays = new Map<Broker, Relay>();
  return {
    async createBroker() {
      const relay = await Relay.start(server.port);
      const broker = createRedisBroker({
        url: `redis://127.0.0.1:${relay.port}`,
        nodeLeaseMs: 2_000,
        commandTimeoutMs: 1_000,
        maxRetryDelayMs: 200,
      });
      relays.set(broker, relay);
      return broker;
    },
    async kill(broker) {
      relays.get(broker)?.end();
    },
    interrupt: () => server.kill(),
    restore: () => server.restart(),
    restoreEmpty: () => server.restartEmpty(),
    async cutConnections() {
      for (const relay of relays.values()) relay.cut();
    },
    async stop() {
      for (const [broker, relay] of relays) {
        relay.end();
        await broker.close();
      }
      await server.stop();
    },
  };
}

/** Stands between a broker and its server, and can be cut. */
class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isEnded = false;

  static async start(target: number): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(target: number) {
    this.#server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
      if (this.#isEnded) client.destroy();
    });
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  end(): void {
    this.#isEnded = true;
    this.#server.close();
    this.cut();
  }
}
