import type { Case } from '../case.js';

import { sampleCases } from './sample.js';

/** All cases there are, in the order of reports. */
export const allCases: readonly Case[] = [...sampleCases];
