import type { Buffer } from 'node:buffer';

import { HubError } from '../../hub/hub-error.js';

import { Backoff } from './backoff.js';
import { type ChannelListener, RedisConnection, type RedisReply } from './redis-connection.js';
import { isScriptMissing, optionFailure, unavailable } from './redis-failure.js';
import type { RedisAddress, RedisSettings } from './redis-options.js';
import { type RedisScript, scripts } from './redis-script.js';
import { readReport } from './server-report.js';

/** Is told how a link fares. */
export interface LinkListener {
  handleLinkReady(link: RedisLink): void;
  /** It was ready and is not any more. */
  handleLinkDown(link: RedisLink, error: unknown): void;
  /** An attempt to connect failed; there will be another one. */
  handleLinkFailure(link: RedisLink, error: unknown): void;
  /** The server says that it is not the one for something any more. */
  handleLinkMove(link: RedisLink): void;
}

/**
 * A master and the two connections to it: one for commands, one for channels. When either breaks both are given up, and it
 * connects again, for ever, to wherever the master is then. It is ready when both are open and the server has proved to be
 * a master that knows the scripts.
 */
export class RedisLink {
  /** Names the server's own channels. */
  readonly id: string;
  readonly #settings: RedisSettings;
  readonly #locate: () => Promise<RedisAddress>;
  readonly #listener: LinkListener;
  readonly #backoff: Backoff;
  readonly #digests = new Map<RedisScript, string>();
  #connections: Connections | null = null;
  #retry: NodeJS.Timeout | undefined;
  #health: NodeJS.Timeout | undefined;
  #isClosed = false;
  #address: RedisAddress | null = null;
  #isSharded = false;

  constructor(
    id: string,
    settings: RedisSettings,
    locate: () => Promise<RedisAddress>,
    listener: LinkListener,
  ) {
    this.id = id;
    this.#settings = settings;
    this.#locate = locate;
    this.#listener = listener;
    this.#backoff = new Backoff(settings.maxRetryDelayMs);
  }

  get isReady(): boolean {
    return this.#connections !== null;
  }

  /** The command that publishes on a topic's channel here. */
  get publishCommand(): 'PUBLISH' | 'SPUBLISH' {
    return this.#isSharded ? 'SPUBLISH' : 'PUBLISH';
  }

  open(): void {
    void this.#connect();
  }

  /** Runs a script. Rejects with what Redis says, or `ERR_HUB_UNAVAILABLE`. */
  run(script: RedisScript, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<RedisReply> {
    const commands = this.#connections?.commands;
    if (commands === undefined) return Promise.reject(unavailable(new Error('there is no connection')));
    const rest = [String(keys.length), ...keys, ...args];
    return commands
      .send(['EVALSHA', this.#digests.get(script) as string, ...rest])
      .catch((error: unknown) => {
        if (!isScriptMissing(error)) throw error;
        return commands.send(['EVAL', script.source, ...rest]);
      });
  }

  send(args: readonly (string | Buffer)[]): Promise<RedisReply> {
    const commands = this.#connections?.commands;
    return commands?.send(args) ?? Promise.reject(unavailable(new Error('there is no connection')));
  }

  /** Resolves when everything that is published from now on comes. A topic's channel is sharded where there are shards. */
  async subscribe(channel: string, listener: ChannelListener, isTopic = true): Promise<void> {
    const channels = this.#connections?.channels;
    if (channels === undefined) throw unavailable(new Error('there is no connection'));
    await channels.subscribe(channel, listener, isTopic && this.#isSharded);
  }

  unsubscribe(channel: string, listener: ChannelListener, isTopic = true): void {
    this.#connections?.channels.unsubscribe(channel, listener, isTopic && this.#isSharded);
  }

  /** Gives up the connections and makes new ones. */
  drop(error: unknown): void {
    const connections = this.#connections;
    if (connections === null) return;
    this.#connections = null;
    clearInterval(this.#health);
    connections.commands.destroy();
    connections.channels.destroy();
    if (this.#isClosed) return;
    this.#listener.handleLinkDown(this, error);
    this.#scheduleRetry();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.drop(undefined);
  }

  #scheduleRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), this.#backoff.next());
  }

  async #connect(): Promise<void> {
    const opened: RedisConnection[] = [];
    let isBroken: unknown;
    const handleEnd = (error: unknown) => {
      isBroken ??= error;
      if (this.#connections !== null && opened.includes(this.#connections.commands)) this.drop(error);
    };
    try {
      const address = await this.#locate();
      const open = () => RedisConnection.open(address, this.#settings.login, this.#settings, handleEnd);
      opened.push(await open());
      opened.push(await open());
      const [commands, channels] = opened as [RedisConnection, RedisConnection];
      await this.#prove(commands);
      if (isBroken !== undefined) throw isBroken;
      if (this.#isClosed) throw new HubError('ERR_HUB_CLOSED', 'the broker is closed');
      channels.onMove(() => this.#listener.handleLinkMove(this));
      this.#address = address;
      this.#connections = { commands, channels };
    } catch (error) {
      for (const connection of opened) connection.destroy();
      if (this.#isClosed) return;
      this.#scheduleRetry();
      this.#listener.handleLinkFailure(this, optionFailure(error) ?? error);
      return;
    }
    this.#backoff.reset();
    this.#health = setInterval(() => void this.#checkHealth(), healthMs);
    this.#health.unref();
    this.#listener.handleLinkReady(this);
  }

  /** Sees that the server is a master of the kind that the options name, and gives it the scripts. */
  async #prove(commands: RedisConnection): Promise<void> {
    const report = readReport(String(await commands.send(['INFO'])));
    const expectsCluster = this.#settings.servers.type === 'cluster';
    if (report.isCluster !== expectsCluster) {
      const is = report.isCluster ? 'a server of a Redis Cluster: use redis+cluster://' : 'no Redis Cluster';
      throw new HubError('ERR_HUB_INVALID_OPTION', `this is ${is}`);
    }
    if (!report.isMaster) throw new Error('the server is a replica');
    if (report.isCluster && !/^cluster_state:ok/m.test(String(await commands.send(['CLUSTER', 'INFO'])))) {
      throw new Error('the Cluster is down');
    }
    this.#isSharded = report.isCluster && report.hasShardedChannels;
    const replies = await Promise.all(scripts.map(({ source }) => commands.send(['SCRIPT', 'LOAD', source])));
    for (const [i, script] of scripts.entries()) this.#digests.set(script, String(replies[i]));
  }

  /** A server that became a replica, or that Sentinels have replaced, may keep its connections open. */
  async #checkHealth(): Promise<void> {
    const connections = this.#connections;
    if (connections === null) return;
    try {
      const [info, address] = await Promise.all([
        connections.commands.send(['INFO', 'replication']),
        this.#locate().catch(() => this.#address as RedisAddress),
        connections.channels.send(['PING']),
      ]);
      if (this.#connections !== connections) return;
      const hasMoved = address.host !== this.#address?.host || address.port !== this.#address.port;
      if (hasMoved) this.drop(new Error('another server is the master'));
      else if (!/^role:master/m.test(String(info))) this.drop(new Error('the server became a replica'));
    } catch (error) {
      if (this.#connections === connections) this.drop(error);
    }
  }
}

interface Connections {
  readonly commands: RedisConnection;
  readonly channels: RedisConnection;
}

/** How often a server is looked at that nobody talks to. */
const healthMs = 3_000;
