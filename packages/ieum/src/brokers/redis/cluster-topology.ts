import { HubError } from '../../hub/hub-error.js';

import { Backoff } from './backoff.js';
import { hashSlot, slotCount } from './hash-slot.js';
import { RedisConnection, type RedisReply } from './redis-connection.js';
import { messageOf, optionFailure } from './redis-failure.js';
import { RedisLink } from './redis-link.js';
import type { RedisAddress, RedisSettings } from './redis-options.js';
import type { RedisTopology, TopologyListener } from './redis-topology.js';
import { readSlots, type SlotRange, type SlotTable } from './slot-table.js';

/** The masters of a Redis Cluster. Who has which slot is asked every few seconds, and whenever somebody is found to be wrong. */
export class ClusterTopology implements RedisTopology {
  readonly #settings: RedisSettings;
  readonly #listener: TopologyListener;
  /** By the name that servers give themselves. */
  readonly #links = new Map<string, RedisLink>();
  readonly #addresses = new Map<string, RedisAddress>();
  readonly #backoff: Backoff;
  #candidates: readonly RedisAddress[];
  #owners: readonly (RedisLink | undefined)[] = [];
  #isCovered = false;
  #refreshing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(settings: RedisSettings, seeds: readonly RedisAddress[], listener: TopologyListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#candidates = seeds;
    this.#backoff = new Backoff(settings.maxRetryDelayMs);
  }

  get isReady(): boolean {
    return this.#isCovered && this.links.every((link) => link.isReady);
  }

  get links(): readonly RedisLink[] {
    return [...this.#links.values()];
  }

  open(): void {
    void this.refresh(undefined);
  }

  linkOf(tag: string): RedisLink | null {
    return this.#owners[hashSlot(tag)] ?? null;
  }

  groupOf(tag: string): number {
    return hashSlot(tag);
  }

  refresh(_: unknown): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const link of this.#links.values()) link.close();
  }

  async #refresh(): Promise<void> {
    clearTimeout(this.#timer);
    let failure: unknown;
    try {
      const { ranges, servers } = await this.#askAnyone();
      if (this.#isClosed) return;
      this.#candidates = servers.length > 0 ? servers : this.#candidates;
      this.#apply(ranges);
    } catch (error) {
      if (this.#isClosed) return;
      failure = optionFailure(error) ?? error;
    }
    if (failure === undefined && this.isReady) this.#backoff.reset();
    const delayMs = failure === undefined && this.isReady ? refreshMs : this.#backoff.next();
    this.#timer = setTimeout(() => void this.refresh(undefined), delayMs);
    if (failure !== undefined) this.#listener.handleProgress(failure);
  }

  /** Asks one server after another, beginning elsewhere each time: one that is cut off from the others may be wrong. */
  async #askAnyone(): Promise<SlotTable> {
    let failure: unknown = new Error('no server of the Cluster is known');
    for (const address of this.#candidates) {
      this.#candidates = [...this.#candidates.slice(1), address];
      try {
        return readSlots(await this.#ask(address), address);
      } catch (error) {
        if (optionFailure(error) !== undefined) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async #ask(address: RedisAddress): Promise<RedisReply> {
    for (const [id, known] of this.#addresses) {
      const link = this.#links.get(id);
      const isThis = known.host === address.host && known.port === address.port;
      if (isThis && link?.isReady) return link.send(['CLUSTER', 'SLOTS']);
    }
    const connection = await RedisConnection.open(address, this.#settings.login, this.#settings, () => {});
    try {
      return await connection.send(['CLUSTER', 'SLOTS']);
    } catch (error) {
      if (!/cluster support disabled/.test(messageOf(error))) throw error;
      throw new HubError('ERR_HUB_INVALID_OPTION', 'this is no Redis Cluster', { cause: error });
    } finally {
      connection.destroy();
    }
  }

  #apply(ranges: readonly SlotRange[]): void {
    const owners: (RedisLink | undefined)[] = new Array(slotCount).fill(undefined);
    const named = new Set<string>();
    for (const { start, end, id, address } of ranges) {
      named.add(id);
      this.#addresses.set(id, address);
      owners.fill(this.#linkTo(id), start, end + 1);
    }
    for (const [id, link] of this.#links) {
      if (named.has(id)) continue;
      this.#links.delete(id);
      this.#addresses.delete(id);
      link.close();
    }
    const hasChanged = owners.some((owner, slot) => owner !== this.#owners[slot]);
    this.#owners = owners;
    this.#isCovered = !owners.includes(undefined);
    if (hasChanged) this.#listener.handleTopologyChange();
    this.#listener.handleProgress();
  }

  #linkTo(id: string): RedisLink {
    const known = this.#links.get(id);
    if (known !== undefined) return known;
    const link = new RedisLink(id, this.#settings, async () => this.#addresses.get(id) as RedisAddress, {
      handleLinkReady: () => {
        this.#listener.handleLinkReady(link);
        this.#listener.handleProgress();
      },
      handleLinkDown: (_, error) => {
        this.#listener.handleLinkDown(link, error);
        this.#listener.handleProgress(error);
        void this.refresh(error);
      },
      handleLinkFailure: (_, error) => {
        this.#listener.handleProgress(error);
        void this.refresh(error);
      },
      handleLinkMove: () => void this.refresh(undefined),
    });
    this.#links.set(id, link);
    link.open();
    return link;
  }
}

const refreshMs = 3_000;
