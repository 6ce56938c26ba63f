import type { AnswersCallback } from './ack-gathering.js';
import type { Handshake } from './handshake.js';
import type { Audience } from './rooms.js';

/** How something is broadcast. */
export interface BroadcastFlags {
  /** Only to sockets of this node. */
  readonly local?: boolean;
  /** Only to those who read now; nobody misses it. */
  readonly volatile?: boolean;
  /** How long acknowledgements may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** Whether there is one who answers. */
  readonly expectsOne?: boolean;
}

/** A socket, wherever it is connected. */
export interface SocketDescription {
  readonly id: string;
  readonly handshake: Handshake;
  readonly rooms: ReadonlySet<string>;
  readonly data: unknown;
}

/** What can be done with the sockets of some rooms, on all nodes. */
export interface Broadcaster {
  /** @throws TypeError when JSON cannot hold it */
  broadcast(args: readonly unknown[], audience: Audience, flags: BroadcastFlags): void;
  broadcastWithAck(
    args: readonly unknown[],
    audience: Audience,
    flags: BroadcastFlags & { readonly done: AnswersCallback },
  ): void;
  /** Rejects when another node does not answer in time. */
  describeSockets(audience: Audience, flags: BroadcastFlags): Promise<SocketDescription[]>;
  join(audience: Audience, rooms: readonly string[], flags: BroadcastFlags): void;
  leave(audience: Audience, rooms: readonly string[], flags: BroadcastFlags): void;
  disconnect(audience: Audience, close: boolean, flags: BroadcastFlags): void;
}

/** For all, but for what `except` says. */
export const everybody: Audience = { rooms: new Set(), except: new Set() };
