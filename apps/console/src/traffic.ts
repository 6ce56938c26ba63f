import type { Direction } from './frame-log.js';

/** Messages and bytes of one connection, probes not counted. */
export interface Traffic {
  readonly sent: Counter;
  readonly received: Counter;
  readonly markedAtMs: number;
}

export interface Counter {
  readonly messages: number;
  readonly bytes: number;
  /** In the last interval that was measured. */
  readonly messagesPerSecond: number;
  readonly markedMessages: number;
}

export function countMessage(traffic: Traffic, direction: Direction, bytes: number): Traffic {
  const counter = traffic[direction];
  const counted = { ...counter, messages: counter.messages + 1, bytes: counter.bytes + bytes };
  return { ...traffic, [direction]: counted };
}

/** Works out the rates since they were last taken; an interval under `MIN_INTERVAL_MS` changes nothing. */
export function takeRate(traffic: Traffic, nowMs: number): Traffic {
  const elapsedMs = nowMs - traffic.markedAtMs;
  if (elapsedMs < MIN_INTERVAL_MS) return traffic;
  return {
    sent: rated(traffic.sent, elapsedMs),
    received: rated(traffic.received, elapsedMs),
    markedAtMs: nowMs,
  };
}

function rated(counter: Counter, elapsedMs: number): Counter {
  const since = counter.messages - counter.markedMessages;
  return {
    ...counter,
    messagesPerSecond: Math.round((since * 1000) / elapsedMs),
    markedMessages: counter.messages,
  };
}

const MIN_INTERVAL_MS = 900;
const ZERO: Counter = { messages: 0, bytes: 0, messagesPerSecond: 0, markedMessages: 0 };
export const NO_TRAFFIC: Traffic = { sent: ZERO, received: ZERO, markedAtMs: 0 };
