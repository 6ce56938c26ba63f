import type { Case } from '../case.js';

import { closingCases } from './closing.js';
import { closingOrderCases } from './closing-order.js';
import { closingTransportCases } from './closing-transport.js';
import { controlFrameCases } from './control-frames.js';
import { controlFrameLengthCases } from './control-frames-too-long.js';
import { echoCases } from './echo.js';
import { fragmentationCases } from './fragmentation.js';
import { fragmentationFaultCases } from './fragmentation-faults.js';
import { framingCases } from './framing.js';
import { framingLengthCases } from './framing-lengths.js';
import { limitCases } from './limits.js';
import { floodCases } from './limits-floods.js';
import { maskingCases } from './masking.js';
import { peerMaskingCases } from './masking-of-peer.js';
import { reservedCases } from './reserved.js';
import { utf8Cases } from './utf8.js';
import { utf8EarlyCases } from './utf8-early.js';

/** Everything about a connection that is open, and nothing that needs an extension. */
export const connectionCases: readonly Case[] = [
  ...framingCases(),
  ...framingLengthCases(),
  ...maskingCases(),
  ...peerMaskingCases(),
  ...controlFrameCases(),
  ...controlFrameLengthCases(),
  ...reservedCases(),
  ...fragmentationCases(),
  ...fragmentationFaultCases(),
  ...utf8Cases(),
  ...utf8EarlyCases(),
  ...closingCases(),
  ...closingOrderCases(),
  ...closingTransportCases(),
  ...limitCases(),
  ...floodCases(),
  ...echoCases(),
];
