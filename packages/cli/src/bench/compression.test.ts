import { parseExtensionList } from 'ieum/core';
import { describe, expect, test } from 'vitest';

import { readCompressionGrant } from './compression.js';
import { LoadFailure } from './load-failure.js';

const read = (answer: string) => readCompressionGrant(parseExtensionList([answer]) ?? []);

describe('an answer to the offer of compression', () => {
  test.each([
    ['permessage-deflate', true],
    ['permessage-deflate; client_no_context_takeover; server_max_window_bits=12', true],
    ['permessage-deflate; server_no_context_takeover; client_no_context_takeover', false],
  ])('%s', (answer, serverKeepsContext) => {
    expect(read(answer)).toEqual({ serverKeepsContext });
  });

  test.each([['permessage-deflate; client_max_window_bits=12'], ['permessage-deflate; mystery']])(
    'that was not offered is a load failure: %s',
    (answer) => {
      expect(() => read(answer)).toThrow(LoadFailure);
    },
  );

  test('has to be there', () => {
    expect(() => readCompressionGrant([])).toThrow(LoadFailure);
  });
});
