import type { Case } from '../case.js';

import { connectionCases } from './connection-cases.js';
import { sampleCases } from './sample.js';

/** All cases there are, in the order of reports. */
export const allCases: readonly Case[] = [...connectionCases, ...sampleCases];
