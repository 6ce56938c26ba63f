import {
  checkNames,
  requireCount,
  requireFunctions,
  requireObject,
  requireOneOf,
} from '../../core/option-check.js';

import type { CompletePolicy, SlowReaderPolicy, TopicPolicy } from '../topic-policy.js';

/** A policy with its defaults. @throws UsageError `ERR_WS_INVALID_OPTION` */
export function completePolicy<User>(name: string, policy: TopicPolicy<User>): CompletePolicy<User> {
  checkPolicy(name, policy);
  const { history = {}, schema = null, snapshot = null } = policy;
  const { maxMessages = 1_000, maxAgeMs = 300_000 } = history === false ? {} : history;
  return {
    retention: {
      history: history === false ? null : { maxMessages, maxAgeMs },
      idempotencyMs: policy.idempotencyMs ?? 120_000,
    },
    presence: policy.presence ?? false,
    slowReader: policy.slowReader ?? 'wait',
    maxQueuedBytes: policy.maxQueuedBytes ?? 1024 * 1024,
    maxPayloadBytes: policy.maxPayloadBytes ?? 64 * 1024,
    schema,
    snapshot,
  };
}

function checkPolicy<User>(name: string, policy: TopicPolicy<User>): void {
  requireObject(name, policy, 'write { history: { maxMessages: 100 }, presence: true, … }');
  checkNames(name, policy, { names: policyNames });
  const { history, schema } = policy;
  if (history !== undefined && history !== false) {
    requireObject(`${name}.history`, history, 'write { maxMessages, maxAgeMs }, or false for none');
    checkNames(`${name}.history`, history, { names: ['maxMessages', 'maxAgeMs'] });
    requireDefined(`${name}.history`, history, ['maxMessages', 'maxAgeMs'], requireCount);
  }
  requireDefined(name, policy, ['maxQueuedBytes', 'maxPayloadBytes', 'idempotencyMs'], requireCount);
  if (policy.presence !== undefined) requireOneOf(`${name}.presence`, policy.presence, [true, false]);
  if (policy.slowReader !== undefined) {
    requireOneOf(`${name}.slowReader`, policy.slowReader, slowReaderPolicies);
  }
  requireFunctions(`${name}.`, policy, ['snapshot']);
  if (schema === undefined) return;
  const isObject = (typeof schema === 'object' || typeof schema === 'function') && schema !== null;
  requireObject(
    `${name}.schema`,
    isObject ? schema['~standard'] : schema,
    'use a schema of Zod, Valibot, ArkType, or any other with "~standard"',
  );
}

function requireDefined<Options extends object>(
  name: string,
  options: Options,
  fields: readonly (keyof Options & string)[],
  check: (name: string, value: unknown) => void,
): void {
  for (const field of fields) {
    if (options[field] !== undefined) check(`${name}.${field}`, options[field]);
  }
}

const slowReaderPolicies: readonly SlowReaderPolicy[] = [
  'wait',
  'drop-newest',
  'drop-oldest',
  'latest',
  'close',
];
const policyNames: readonly (keyof TopicPolicy)[] = [
  'history',
  'presence',
  'slowReader',
  'maxQueuedBytes',
  'maxPayloadBytes',
  'idempotencyMs',
  'schema',
  'snapshot',
];
