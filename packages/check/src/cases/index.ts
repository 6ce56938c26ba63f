import type { Case } from '../case.js';

import { bombCases } from './bombs.js';
import { connectionCases } from './connection-cases.js';
import { deflateCases } from './deflate.js';
import { negotiationCases } from './negotiation.js';
import { openingHttp2Cases } from './opening-http2.js';
import { openingRequestCases } from './opening-request.js';
import { openingResponseCases } from './opening-response.js';
import { transportCases } from './transport.js';

/** All cases there are, in the order of reports. */
export const allCases: readonly Case[] = [
  ...connectionCases,
  ...openingRequestCases,
  ...openingResponseCases,
  ...openingHttp2Cases,
  ...negotiationCases,
  ...deflateCases,
  ...bombCases,
  ...transportCases,
];
