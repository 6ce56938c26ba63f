import type { SocketDescription } from './broadcaster.js';
import type { OutgoingLane } from './outgoing-lane.js';

/** What broadcasts need of a socket of this node. */
export interface LocalSocket extends SocketDescription {
  readonly lane: OutgoingLane;
  /** Whether what is sent now goes out at once. */
  readonly isWritable: boolean;
  readonly hasOutgoingListeners: boolean;
  notifyOutgoing(args: readonly unknown[]): void;
  /** The id by which the client will answer. */
  expectAck(take: (answer: unknown[]) => void): number;
  join(rooms: string | readonly string[]): void;
  leave(room: string): void;
  disconnect(close: boolean): unknown;
}
