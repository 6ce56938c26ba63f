import type { RedisReply } from './redis-connection.js';
import type { RedisAddress } from './redis-options.js';

/** Slots that one master has. */
export interface SlotRange {
  readonly start: number;
  readonly end: number;
  /** What the master calls itself. */
  readonly id: string;
  readonly address: RedisAddress;
}

/** Who has which slots. */
export interface SlotTable {
  readonly ranges: readonly SlotRange[];
  /** All servers that were named, replicas too. */
  readonly servers: readonly RedisAddress[];
}

/** Reads the reply to `CLUSTER SLOTS` of the server at `asked`, which may leave its own host out. */
export function readSlots(reply: RedisReply, asked: RedisAddress): SlotTable {
  const ranges: SlotRange[] = [];
  const servers = new Map<string, RedisAddress>();
  for (const row of asArray(reply)) {
    const [start, end, ...nodes] = asArray(row);
    for (const [i, node] of nodes.entries()) {
      const [host, port, id] = asArray(node);
      const hostText = host === null || host === undefined ? '' : String(host);
      const address = {
        host: hostText === '' || hostText === '?' ? asked.host : hostText,
        port: Number(port),
      };
      servers.set(`${address.host}:${address.port}`, address);
      if (i === 0) ranges.push({ start: Number(start), end: Number(end), id: String(id), address });
    }
  }
  return { ranges, servers: [...servers.values()] };
}

function asArray(reply: RedisReply | undefined): readonly RedisReply[] {
  return Array.isArray(reply) ? reply : [];
}
