import type { Case } from '../case.js';

import { requestByteCases } from './opening-request-bytes.js';
import { requestFieldCases } from './opening-request-fields.js';
import { requestGrammarCases } from './opening-request-grammar.js';
import { requestKeyCases } from './opening-request-key.js';
import { requestLineCases } from './opening-request-line.js';
import { ownRequestCases } from './opening-request-own.js';

/** The opening request: how servers take every kind of it, and how clients write theirs. */
export const openingRequestCases: readonly Case[] = [
  ...requestLineCases,
  ...requestFieldCases,
  ...requestKeyCases,
  ...requestGrammarCases,
  ...requestByteCases,
  ...ownRequestCases,
];
