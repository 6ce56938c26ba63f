import { RedisConnection } from './redis-connection.js';
import { RedisLink } from './redis-link.js';
import type { RedisAddress, RedisSettings } from './redis-options.js';
import type { RedisTopology, TopologyListener } from './redis-topology.js';

/** One master: at a fixed address, or where Sentinels say that it is. */
export class SingleTopology implements RedisTopology {
  readonly links: readonly RedisLink[];
  readonly #link: RedisLink;

  constructor(settings: RedisSettings, listener: TopologyListener) {
    this.#link = new RedisLink('0', settings, () => locate(settings), {
      handleLinkReady: (link) => {
        listener.handleLinkReady(link);
        listener.handleProgress();
      },
      handleLinkDown: (link, error) => {
        listener.handleLinkDown(link, error);
        listener.handleProgress(error);
      },
      handleLinkFailure: (_, error) => listener.handleProgress(error),
      handleLinkMove: () => {},
    });
    this.links = [this.#link];
  }

  get isReady(): boolean {
    return this.#link.isReady;
  }

  open(): void {
    this.#link.open();
  }

  linkOf(): RedisLink {
    return this.#link;
  }

  groupOf(): number {
    return 0;
  }

  async refresh(error: unknown): Promise<void> {
    this.#link.drop(error);
  }

  close(): void {
    this.#link.close();
  }
}

async function locate(settings: RedisSettings): Promise<RedisAddress> {
  const { servers } = settings;
  if (servers.type === 'standalone') return servers.address;
  if (servers.type === 'sentinel') return askSentinels(settings, servers.sentinels, servers.master);
  throw new Error('a Cluster has many masters');
}

/** Resolves as soon as more than half of all Sentinels agree, else with what most of them say. */
function askSentinels(
  settings: RedisSettings,
  sentinels: readonly RedisAddress[],
  master: string,
): Promise<RedisAddress> {
  const votes = new Map<string, { readonly address: RedisAddress; count: number }>();
  let open = sentinels.length;
  return new Promise((resolve, reject) => {
    const finish = (failure: unknown) => {
      const most = [...votes.values()].sort((a, b) => b.count - a.count)[0];
      if (most !== undefined) resolve(most.address);
      else reject(failure);
    };
    for (const sentinel of sentinels) {
      askSentinel(sentinel, master, settings).then(
        (address) => {
          const name = `${address.host}:${address.port}`;
          const vote = votes.get(name) ?? { address, count: 0 };
          votes.set(name, vote);
          if (++vote.count > sentinels.length / 2) resolve(address);
          if (--open === 0) finish(undefined);
        },
        (error: unknown) => {
          if (--open === 0) finish(error);
        },
      );
    }
  });
}

async function askSentinel(
  sentinel: RedisAddress,
  master: string,
  settings: RedisSettings,
): Promise<RedisAddress> {
  const connection = await RedisConnection.open(sentinel, settings.sentinelLogin, settings, () => {});
  try {
    const reply = await connection.send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master]);
    if (!Array.isArray(reply)) throw new Error(`this Sentinel knows no master called ${master}`);
    return { host: String(reply[0]), port: Number(reply[1]) };
  } finally {
    connection.destroy();
  }
}
