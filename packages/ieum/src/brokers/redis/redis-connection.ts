import { Buffer } from 'node:buffer';
import { createClient, RESP_TYPES } from 'redis';

import type { RedisAddress, RedisLogin, RedisSettings } from './redis-options.js';

/** What Redis answers: bulk strings are bytes. */
export type RedisReply = Buffer | string | number | null | readonly RedisReply[];

/** Gets what is published on a channel. */
export type ChannelListener = (message: Buffer) => void;

/**
 * One connection to one server, over the client of the `redis` package. It does not connect again: whoever owns it decides
 * where to and when. Every failure ends it, and so does a command that is not answered in time: replies come in the order of
 * commands, so those behind it would not be answered either.
 */
export class RedisConnection {
  readonly #client: Client;
  readonly #commandTimeoutMs: number;
  readonly #handleEnd: (error: unknown) => void;
  #isEnded = false;
  #unanswered = 0;
  #progressAt = 0;
  readonly #watch: NodeJS.Timeout;

  /** Resolves when commands can be sent. `handleEnd` is called once, when a connection that was open ends by itself. */
  static async open(
    address: RedisAddress,
    login: RedisLogin,
    settings: RedisSettings,
    handleEnd: (error: unknown) => void,
  ): Promise<RedisConnection> {
    const client = makeClient(address, login, settings);
    let failure: unknown;
    const noteFailure = (error: unknown) => {
      failure ??= error;
    };
    client.on('error', noteFailure);
    const deadline = setTimeout(() => end(client), settings.connectTimeoutMs + settings.commandTimeoutMs);
    try {
      await client.connect();
      if (failure !== undefined) throw failure;
    } catch (error) {
      end(client);
      throw failure ?? error;
    } finally {
      clearTimeout(deadline);
    }
    const connection = new RedisConnection(client, settings.commandTimeoutMs, handleEnd);
    client.off('error', noteFailure);
    return connection;
  }

  private constructor(client: Client, commandTimeoutMs: number, handleEnd: (error: unknown) => void) {
    this.#client = client;
    this.#commandTimeoutMs = commandTimeoutMs;
    this.#handleEnd = handleEnd;
    client.on('error', (error: unknown) => this.#end(error));
    client.on('end', () => this.#end(new Error('the connection was closed')));
    this.#watch = setInterval(() => this.#checkProgress(), Math.max(5, commandTimeoutMs / 4));
    this.#watch.unref();
  }

  /** Called when slots of a Cluster, and channels with them, have gone elsewhere. */
  onMove(handleMove: () => void): void {
    this.#client.on('server-sunsubscribe', handleMove);
  }

  send(args: readonly (string | Buffer)[]): Promise<RedisReply> {
    return this.#awaited(this.#client.sendCommand<RedisReply>(args as (string | Buffer)[]));
  }

  /** Resolves when everything that is published from now on comes. */
  subscribe(channel: string, listener: ChannelListener, isSharded: boolean): Promise<unknown> {
    const subscribed = isSharded
      ? this.#client.sSubscribe(channel, listener, true)
      : this.#client.subscribe(channel, listener, true);
    return this.#awaited(subscribed);
  }

  unsubscribe(channel: string, listener: ChannelListener, isSharded: boolean): void {
    if (this.#isEnded) return;
    const unsubscribed = isSharded
      ? this.#client.sUnsubscribe(channel, listener, true)
      : this.#client.unsubscribe(channel, listener, true);
    this.#awaited(unsubscribed).catch((error: unknown) => this.#end(error));
  }

  /** Ends it at once: what is not answered is rejected, `handleEnd` is not called. */
  destroy(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearInterval(this.#watch);
    end(this.#client);
  }

  #awaited<Answer>(answer: Promise<Answer>): Promise<Answer> {
    if (this.#unanswered++ === 0) this.#progressAt = Date.now();
    const settle = () => {
      this.#unanswered--;
      this.#progressAt = Date.now();
    };
    answer.then(settle, settle);
    return answer;
  }

  #checkProgress(): void {
    if (this.#unanswered === 0 || Date.now() - this.#progressAt < this.#commandTimeoutMs) return;
    // What has come in while this process was busy is handled before silence is held against the server.
    const progressAt = this.#progressAt;
    setImmediate(() => {
      if (progressAt === this.#progressAt) this.#end(new Error('a command was not answered in time'));
    });
  }

  #end(error: unknown): void {
    if (this.#isEnded) return;
    this.destroy();
    this.#handleEnd(error);
  }
}

type Client = ReturnType<typeof makeClient>;

function makeClient(address: RedisAddress, login: RedisLogin, settings: RedisSettings) {
  const { tls } = settings;
  const reach = {
    host: address.host,
    port: address.port,
    connectTimeout: settings.connectTimeoutMs,
    reconnectStrategy: false as const,
  };
  return createClient({
    RESP: 3,
    socket: tls === false ? reach : { ...(tls === true ? {} : tls), ...reach, tls: true as const },
    database: login.database,
    ...(login.username === undefined ? {} : { username: login.username }),
    ...(login.password === undefined ? {} : { password: login.password }),
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // One timer for each command would cost more than the command: the connection watches its progress.
    commandOptions: { typeMapping: bytes, timeout: 0 },
  });
}

function end(client: Client): void {
  if (!client.isOpen) return;
  // Whatever it still says is of no use to anybody.
  client.on('error', ignore);
  client.destroy();
}

function ignore(): void {}

const bytes = { [RESP_TYPES.BLOB_STRING]: Buffer };
