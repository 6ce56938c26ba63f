import type { Case } from '../case.js';

import { responseByteCases } from './opening-response-bytes.js';
import { responseFieldCases } from './opening-response-fields.js';
import { ownResponseCases } from './opening-response-own.js';

/** The opening response: how clients take every kind of it, and how servers write theirs. */
export const openingResponseCases: readonly Case[] = [
  ...responseFieldCases,
  ...responseByteCases,
  ...ownResponseCases,
];
