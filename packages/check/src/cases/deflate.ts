import type { Case } from '../case.js';

import { deflateAnswerCases } from './deflate-answers.js';
import { deflateBlockCases } from './deflate-blocks.js';
import { deflateOfferCases } from './deflate-offers.js';
import { deflatePayloadCases } from './deflate-payloads.js';
import { deflateWindowCases } from './deflate-windows.js';

/** permessage-deflate: its negotiation, and what is sent when it is in force. */
export const deflateCases: readonly Case[] = [
  ...deflateOfferCases,
  ...deflateAnswerCases,
  ...deflatePayloadCases,
  ...deflateWindowCases,
  ...deflateBlockCases,
];
