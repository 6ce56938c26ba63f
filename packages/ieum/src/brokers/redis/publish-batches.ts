import type { Buffer } from 'node:buffer';

import type { RedisAccess } from './redis-access.js';
import type { RedisReply } from './redis-connection.js';
import { publishScript } from './redis-script.js';

/** A draft, and what the publishing script has to know about it. */
export interface PublishCall {
  readonly tag: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly frame: Buffer;
}

/** What is published in one turn of the event loop goes to its server together, in its order. */
export class PublishBatches {
  readonly #access: RedisAccess;
  readonly #batches = new Map<number, Batch>();
  #isScheduled = false;

  constructor(access: RedisAccess) {
    this.#access = access;
  }

  /** Resolves with the script's reply: 1 for a duplicate or 0, epoch, offset. */
  publish(call: PublishCall): Promise<readonly RedisReply[]> {
    const group = this.#access.topology.groupOf(call.tag);
    return new Promise((resolve, reject) => {
      const batch = this.#batches.get(group) ?? { calls: [], byteLength: 0 };
      batch.calls.push({ call, resolve, reject });
      batch.byteLength += call.frame.byteLength;
      if (batch.calls.length >= maxCalls || batch.byteLength >= maxBytes) {
        this.#batches.delete(group);
        void this.#send(batch);
        return;
      }
      this.#batches.set(group, batch);
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => this.#sendAll());
    });
  }

  #sendAll(): void {
    this.#isScheduled = false;
    const batches = [...this.#batches.values()];
    this.#batches.clear();
    for (const batch of batches) void this.#send(batch);
  }

  async #send({ calls }: Batch): Promise<void> {
    const { keys } = this.#access;
    try {
      const replies = await this.#access.run({
        tag: (calls[0] as Waiting).call.tag,
        script: publishScript,
        keys: calls.flatMap(({ call }) => call.keys),
        args: (link) => {
          const args: (string | Buffer)[] = [
            this.#access.freshEpoch(),
            link.publishCommand,
            keys.everything(link.id),
          ];
          for (const { call } of calls) args.push(...call.args, call.frame);
          return args;
        },
      });
      for (const [i, { resolve }] of calls.entries()) resolve(replies.slice(i * 3, i * 3 + 3));
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  }
}

interface Batch {
  readonly calls: Waiting[];
  byteLength: number;
}

interface Waiting {
  readonly call: PublishCall;
  readonly resolve: (reply: readonly RedisReply[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A server does nothing else while it publishes a batch. */
const maxCalls = 64;
const maxBytes = 262_144;
