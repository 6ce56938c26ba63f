import { HubError } from '../hub-error.js';
import type { SchemaIssue, SchemaResult, StandardSchema } from '../standard-schema.js';

/**
 * What a schema makes of a value.
 *
 * @param reportError is told when the schema itself fails, which is nobody's fault who sent something
 * @throws HubError `ERR_HUB_INVALID_DATA` with what is wrong, for the one who sent it to read; `ERR_HUB_HANDLER` when the schema fails
 */
export async function checkSchema(
  schema: StandardSchema,
  value: unknown,
  reportError: (error: unknown) => void,
): Promise<unknown> {
  const result = await resultOf(schema, value, reportError);
  if (result.issues === undefined) return result.value;
  throw new HubError('ERR_HUB_INVALID_DATA', result.issues.slice(0, maxIssues).map(describeIssue).join('; '));
}

async function resultOf(
  schema: StandardSchema,
  value: unknown,
  reportError: (error: unknown) => void,
): Promise<SchemaResult<unknown>> {
  try {
    return await schema['~standard'].validate(value);
  } catch (cause) {
    reportError(cause);
    throw new HubError('ERR_HUB_HANDLER', 'the data could not be checked', { cause });
  }
}

function describeIssue({ message, path = [] }: SchemaIssue): string {
  const where = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
  return where === '' ? message : `${where}: ${message}`;
}

const maxIssues = 5;
