import { HubError } from './hub-error.js';

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

/** @throws HubError `ERR_HUB_INVALID_POSITION` when it is given and is none */
export function checkPosition(position: Position | null | undefined): Position | undefined {
  if (position === undefined || position === null) return undefined;
  const { offset, epoch } = position;
  const isValid =
    Number.isSafeInteger(offset) &&
    offset >= 0 &&
    typeof epoch === 'string' &&
    epoch.length <= maxEpochLength;
  if (isValid) return { offset, epoch };
  throw new HubError('ERR_HUB_INVALID_POSITION', 'a position is { offset, epoch } as a hub gave it');
}

const maxEpochLength = 128;
