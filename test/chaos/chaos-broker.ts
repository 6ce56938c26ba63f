import { NatsServer } from '../support/nats-server.js';
import { RedisServer } from '../support/redis-server.js';

/** A broker's server that can be treated badly. */
export interface ChaosBroker {
  readonly url: string;
  kill(): Promise<void>;
  /** Starts it again on its port, with its data. */
  restart(): Promise<void>;
  /** The same without. */
  restartEmpty(): Promise<void>;
  freeze(isFrozen: boolean): void;
  stop(): Promise<void>;
}

export type BrokerKind = 'redis' | 'nats';

export async function startBroker(kind: BrokerKind): Promise<ChaosBroker> {
  return kind === 'nats' ? NatsServer.start() : new FreezableRedis(await RedisServer.start());
}

class FreezableRedis implements ChaosBroker {
  readonly #server: RedisServer;

  constructor(server: RedisServer) {
    this.#server = server;
  }

  get url(): string {
    return this.#server.url;
  }

  kill(): Promise<void> {
    return this.#server.kill();
  }

  restart(): Promise<void> {
    return this.#server.restart();
  }

  restartEmpty(): Promise<void> {
    return this.#server.restartEmpty();
  }

  freeze(isFrozen: boolean): void {
    if (isFrozen) this.#server.pause();
    else this.#server.proceed();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
