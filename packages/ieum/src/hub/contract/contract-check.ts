import { UsageError } from '../../core/errors.js';
import { checkNames, requireObject } from '../../core/option-check.js';
import { checkPattern } from '../topic-name.js';
import type { ContractDefinition, MethodSchemas, TopicSchemas } from './contract.js';

/** @throws UsageError `ERR_WS_INVALID_OPTION`, HubError `ERR_HUB_INVALID_PATTERN` */
export function checkContract(
  contract: ContractDefinition<TopicSchemas, MethodSchemas, MethodSchemas>,
): void {
  requireObject('a contract', contract, "write { topics: { 'chat/*': schema } }");
  checkNames('a contract', contract, { names: ['topics', 'requests', 'clientRequests'] });
  const { topics = {}, requests = {}, clientRequests = {} } = contract;
  requireObject('topics', topics, "write { 'chat/*': schema }");
  for (const [pattern, schema] of Object.entries(topics)) {
    const name = `topics[${JSON.stringify(pattern)}]`;
    checkPattern(pattern, name);
    requireSchema(name, schema);
  }
  checkMethods('requests', requests);
  checkMethods('clientRequests', clientRequests);
}

function checkMethods(direction: 'requests' | 'clientRequests', methods: MethodSchemas): void {
  requireObject(direction, methods, 'write { sum: { input: schema, output: schema } }');
  for (const [method, schemas] of Object.entries(methods)) {
    const name = `${direction}[${JSON.stringify(method)}]`;
    if (method === '' || method.length > maxMethodLength) {
      throw invalid(`${name}: a method’s name has 1 to ${maxMethodLength} characters`);
    }
    requireObject(name, schemas, writeSides);
    if ('~standard' in schemas) throw invalid(`${name} is a schema by itself: ${writeSides}`);
    checkNames(name, schemas, { names: ['input', 'output'] });
    for (const side of ['input', 'output'] as const) {
      if (schemas[side] !== undefined) requireSchema(`${name}.${side}`, schemas[side]);
    }
  }
}

function requireSchema(name: string, schema: unknown): void {
  const standard = isObject(schema) && '~standard' in schema ? schema['~standard'] : undefined;
  if (!isObject(standard) || !('validate' in standard) || typeof standard.validate !== 'function') {
    throw invalid(
      `${name} is no schema: use one of Zod, Valibot, ArkType or any other library with Standard Schema`,
    );
  }
  if ('version' in standard && standard.version === 1) return;
  throw invalid(`${name} is a schema of another version of Standard Schema than 1`);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}

function invalid(problem: string): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', problem);
}

const writeSides = 'write { input: schema, output: schema }';
const maxMethodLength = 256;
