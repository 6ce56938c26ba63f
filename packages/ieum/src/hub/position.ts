/**
 * A place in a topic's history. Offsets of one epoch only grow, not always by one. Another epoch is another history: after
 * its loss or failover nothing is known about what came between, whatever the offsets say.
 */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** Whether `position` comes after `other` in the same history. */
export function isAfter(position: Position, other: Position): boolean {
  return position.epoch === other.epoch && position.offset > other.offset;
}

export function isSamePosition(position: Position, other: Position): boolean {
  return position.epoch === other.epoch && position.offset === other.offset;
}
