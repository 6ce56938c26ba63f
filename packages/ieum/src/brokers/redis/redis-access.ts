import type { Buffer } from 'node:buffer';

import { HubError } from '../../hub/hub-error.js';

import { type KeySpace, tagOf } from './key-space.js';
import type { RedisReply } from './redis-connection.js';
import { isClusterDown, isMisdirected, unavailable } from './redis-failure.js';
import type { RedisLink } from './redis-link.js';
import type { RedisScript } from './redis-script.js';
import type { RedisTopology } from './redis-topology.js';

/** Something to be done where a topic is. */
export interface ScriptCall {
  /** What decides on the server: a hash tag, or a key without one. */
  readonly tag: string;
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: (link: RedisLink) => readonly (string | Buffer)[];
}

/** What all parts of a broker share: names, the way to a topic's server, and epochs that nobody had before. */
export class RedisAccess {
  readonly keys: KeySpace;
  readonly topology: RedisTopology;
  /** Different in every broker there is. */
  readonly instance: string = crypto.randomUUID().replaceAll('-', '').slice(0, 12);
  #epochs = 0;
  #isClosed = false;

  constructor(keys: KeySpace, topology: RedisTopology) {
    this.keys = keys;
    this.topology = topology;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  freshEpoch(): string {
    return `${this.instance}${(++this.#epochs).toString(36)}`;
  }

  /** The server that has a topic, when it can be reached. */
  linkOf(topic: string): RedisLink | null {
    const link = this.topology.linkOf(tagOf(topic));
    return link?.isReady ? link : null;
  }

  /**
   * Runs a script where it belongs.
   *
   * @throws HubError `ERR_HUB_UNAVAILABLE` or `ERR_HUB_CLOSED`
   */
  async run(call: ScriptCall): Promise<readonly RedisReply[]> {
    const reply = await this.at(call.tag, (link) => link.run(call.script, call.keys, call.args(link)));
    return reply as readonly RedisReply[];
  }

  /**
   * Does something at the server that has a topic or a key, and looks for it again when the server says that it is elsewhere:
   * it has done nothing then.
   *
   * @throws HubError `ERR_HUB_UNAVAILABLE` or `ERR_HUB_CLOSED`
   */
  async at<Result>(tag: string, act: (link: RedisLink) => Promise<Result>): Promise<Result> {
    for (let attempt = 0; ; attempt++) {
      if (this.#isClosed) throw new HubError('ERR_HUB_CLOSED', 'the broker is closed');
      const link = this.topology.linkOf(tag);
      if (!link?.isReady) throw unavailable(new Error('the server is not connected'));
      try {
        return await act(link);
      } catch (error) {
        if (!isMisdirected(error) || attempt >= maxAttempts) throw unavailable(error);
        // It is back when it has proved to be.
        if (isClusterDown(error)) link.drop(error);
        await this.topology.refresh(error);
        if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 25 * 2 ** attempt));
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.topology.close();
  }
}

const maxAttempts = 5;
