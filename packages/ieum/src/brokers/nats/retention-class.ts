import type { Retention } from '../../hub/broker.js';

/**
 * Topics that are kept alike share a stream, because a stream has one limit of age and one of messages per subject. The
 * class is a token of their subjects, so no two streams ever want the same subject.
 */
export interface RetentionClass {
  readonly token: string;
  /** Null: nothing is kept but the last one of each topic, in memory, to see what went missing. */
  readonly history: { readonly maxMessages: number; readonly maxAgeMs: number } | null;
  readonly idempotencyMs: number;
}

export function classOf(retention: Retention): RetentionClass {
  const { history, idempotencyMs } = retention;
  const token =
    history === null ? `v-${idempotencyMs}` : `${history.maxMessages}-${history.maxAgeMs}-${idempotencyMs}`;
  return { token, history, idempotencyMs };
}

/** The class that a token stands for; null for a token that is none of ours. */
export function classOfToken(token: string): RetentionClass | null {
  const [, messages, age, idempotency] = /^(?:v|(\d{1,15})-(\d{1,15}))-(\d{1,15})$/.exec(token) ?? [];
  if (idempotency === undefined) return null;
  const history =
    messages === undefined || age === undefined
      ? null
      : { maxMessages: Number(messages), maxAgeMs: Number(age) };
  return { token, history, idempotencyMs: Number(idempotency) };
}
