import type { Position } from '../../hub/position.js';

/** A position as a client keeps it: the last argument of each event, which it sends back when it comes back. */
export function offsetOf({ offset, epoch }: Position): string {
  return `${offset}.${epoch}`;
}

/** Null for what no server gave. */
export function positionOf(text: unknown): Position | null {
  if (typeof text !== 'string' || text.length > maxLength) return null;
  const dot = text.indexOf('.');
  const offset = Number(text.slice(0, dot));
  if (!/^\d{1,16}$/.test(text.slice(0, Math.max(dot, 0))) || !Number.isSafeInteger(offset)) return null;
  return { offset, epoch: text.slice(dot + 1) };
}

const maxLength = 160;
