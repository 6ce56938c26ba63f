import { expect, it } from 'vitest';

import { checkDrainOptions, type DrainOptions } from './drain.js';

const check = (options: unknown) => () => checkDrainOptions(options as DrainOptions);

it.each<[string, unknown, string]>([
  ['null', null, 'ERR_WS_INVALID_OPTION'],
  ['a time alone', 1000, 'ERR_WS_INVALID_OPTION'],
  ['an unknown name', { timeoutMS: 1000 }, 'ERR_WS_INVALID_OPTION'],
  ['no time', { timeoutMs: 0 }, 'ERR_WS_INVALID_OPTION'],
  ['a time that is a text', { timeoutMs: '1' }, 'ERR_WS_INVALID_OPTION'],
  ['an empty batch', { batchSize: 0 }, 'ERR_WS_INVALID_OPTION'],
  ['half a peer', { batchSize: 1.5 }, 'ERR_WS_INVALID_OPTION'],
  ['a pause that ran out', { batchIntervalMs: -1 }, 'ERR_WS_INVALID_OPTION'],
  ['a normal closure', { code: 1000 }, 'ERR_WS_INVALID_CLOSE_CODE'],
  ['a code of an application', { code: 4000 }, 'ERR_WS_INVALID_CLOSE_CODE'],
  ['a code that is null', { code: null }, 'ERR_WS_INVALID_CLOSE_CODE'],
  ['a reason that is a number', { reason: 5 }, 'ERR_WS_INVALID_CLOSE_REASON'],
  ['a reason that is too long', { reason: 'a'.repeat(124) }, 'ERR_WS_INVALID_CLOSE_REASON'],
])('drain refuses %s', (_name, options, code) => {
  expect(check(options)).toThrow(expect.objectContaining({ name: 'UsageError', code }));
});

it.each<[string, DrainOptions]>([
  ['nothing', {}],
  ['going away', { code: 1001 }],
  ['a restart', { code: 1012, reason: 'back soon' }],
  ['no pause and one batch', { batchIntervalMs: 0, batchSize: Infinity }],
])('drain takes %s', (_name, options) => {
  expect(check(options)).not.toThrow();
});
