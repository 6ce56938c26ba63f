import { accessRuleNames } from '../auth/access.js';
import { type Setting, serveSettings } from '../serve-flags.js';

import { jsonTypesOf } from './setting-value.js';
import { slowReaderPolicies } from './topic-settings.js';

/** The JSON Schema of a file for `--config`. It ships as `config.schema.json`, for editors. */
export function configSchema(): object {
  const settings = serveSettings().map((setting): [string, object] => [setting.name, schemaOf(setting)]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Settings of ieum serve',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(settings),
      access: access(),
      topics: {
        description: 'Namespaces by pattern; of several that match, the most exact one holds.',
        type: 'object',
        additionalProperties: topic(),
      },
    },
  };
}

function schemaOf({ kind, option }: Setting): object {
  const { description, argChoices, defaultValue } = option;
  const types = jsonTypesOf(kind);
  return {
    description,
    ...(types.length === 1 ? { type: types[0] } : { type: types }),
    ...(types.includes('array') ? { items: { type: 'string' }, minItems: 1 } : {}),
    ...(argChoices === undefined ? {} : { enum: argChoices }),
    // A default that the flag has in another unit is told in the description.
    ...(defaultValue === undefined || kind === 'duration' ? {} : { default: defaultValue }),
  };
}

function access(): object {
  const list = { type: 'array', items: { type: 'string' } };
  return {
    description:
      'What those may do whose token does not say: all, none, or topics and patterns for each action.',
    oneOf: [
      { enum: ['all', 'none'] },
      {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(accessRuleNames.map((name) => [name, list])),
      },
    ],
  };
}

function topic(): object {
  const size = { type: ['number', 'string'] };
  const history = {
    type: 'object',
    additionalProperties: false,
    properties: { maxMessages: { type: 'integer', minimum: 1 }, maxAgeMs: { type: ['number', 'string'] } },
  };
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      history: { description: 'What is kept; false for nothing.', oneOf: [{ const: false }, history] },
      presence: { description: 'Whether it is known who is there.', type: 'boolean', default: false },
      slowReader: {
        description: 'What happens to those who read too slowly.',
        enum: slowReaderPolicies,
        default: 'wait',
      },
      maxQueuedBytes: { description: 'Bytes of one subscription that may wait.', ...size },
      maxPayloadBytes: { description: 'The largest payload.', ...size },
      idempotencyMs: { description: 'How long a publication that comes again is known.', ...size },
    },
  };
}
