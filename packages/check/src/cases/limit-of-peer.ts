import type { Wire } from '../wire/wire.js';
import type { WireEvent } from '../wire/wire-event.js';

import { type Answer, takeAnswers } from './answers.js';

/** The message comes back, or the peer has a limit below it. Pongs before it are passed over. */
export async function expectEchoOrLimit(wire: Wire, answer: Answer): Promise<void> {
  let event = await wire.receiveEvent();
  while (event?.type === 'pong') event = await wire.receiveEvent();
  if (event !== null && (await hasMetLimit(wire, event))) return;
  if (event !== null) wire.keepBack(event);
  await takeAnswers(wire, [answer]);
  await wire.expectCloseHandshake();
}

/**
 * Whether the peer ended the connection because of a limit of its own (RFC 6455 §10.4). That is told as info: with 1009 a
 * message is too big, with 1008 a policy has its limits, as one on how many fragments there may be. The end without a Close
 * frame is non-strict (RFC 6455 §7.1.7), any other Close a fail.
 */
export async function hasMetLimit(wire: Wire, event: WireEvent): Promise<boolean> {
  if (event.type === 'end') {
    wire.nonStrict(
      `the ${wire.peer} has a limit below this, or broke: it sent no Close frame (RFC 6455 §7.1.7)`,
    );
    return true;
  }
  if (event.type !== 'close') return false;
  if (!limitCodes.includes(event.code)) wire.fail(`the ${wire.peer} closed with ${event.code}`);
  wire.inform(`the ${wire.peer} has a limit below this: it closed with ${event.code}`);
  wire.keepBack(event);
  await wire.expectClose(limitCodes);
  await wire.expectEnd();
  return true;
}

const limitCodes = [1009, 1008];
