import { HubError } from './hub-error.js';
import type { SchemaIssue, StandardSchema } from './standard-schema.js';

/**
 * What a schema makes of a value.
 *
 * @throws HubError `ERR_HUB_INVALID_DATA` with what is wrong, for the one who sent it to read
 */
export async function checkSchema(schema: StandardSchema, value: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  throw new HubError('ERR_HUB_INVALID_DATA', result.issues.slice(0, maxIssues).map(describeIssue).join('; '));
}

function describeIssue({ message, path = [] }: SchemaIssue): string {
  const where = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
  return where === '' ? message : `${where}: ${message}`;
}

const maxIssues = 5;
